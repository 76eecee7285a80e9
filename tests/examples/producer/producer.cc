// Sends commands to a store in a directory: some that wait for their answer, many that do not.
//
//   producer DIRECTORY
#include <fmt/format.h>
#include <skein/skein.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <iostream>
#include <mutex>
#include <string>
#include <thread>

namespace {

using namespace std::chrono_literals;
using Time = std::chrono::steady_clock::time_point;

// Sends one command and waits, at most until the deadline; unknown is asked again under the same
// id.
bool send_and_wait(skein::Store& store, const std::string& command, Time deadline) {
    while (true) {
        const skein::Outcome outcome = store.submit(command, deadline);
        if (outcome.kind == skein::OutcomeKind::kAccepted) return true;
        const bool in_time = std::chrono::steady_clock::now() < deadline;
        if (outcome.kind == skein::OutcomeKind::kUnknown && in_time) continue;
        const bool is_busy = outcome.rejection && outcome.rejection->code->name == "overloaded";
        if (!is_busy || !in_time) {
            std::cerr << "refused: "
                      << (outcome.rejection ? outcome.rejection->message : outcome.detail) << '\n';
            return false;
        }
        std::this_thread::sleep_for(1ms);
    }
}

// Commands on their way. Answers come on threads of the store: they only leave a note here.
class Sender {
 public:
    explicit Sender(skein::Store& store) : store_(store) {}

    void send(const std::string& command) {
        {
            const std::lock_guard lock(mutex_);
            ++open_;
        }
        store_.submit_async(command, [this, command](const skein::Outcome& outcome) {
            const std::lock_guard lock(mutex_);
            --open_;
            if (outcome.kind == skein::OutcomeKind::kAccepted) {
                ++accepted_;
            } else if (outcome.rejection && outcome.rejection->code->name == "overloaded") {
                again_.push_back(command);
            } else {
                ++refused_;
            }
            changed_.notify_all();
        });
    }

    // Waits for every answer, and sends again what the store was too busy for: under the same id,
    // so that nothing can be done twice. False where the deadline passed first.
    bool finish(Time deadline) {
        std::unique_lock lock(mutex_);
        while (open_ > 0 || !again_.empty()) {
            if (again_.empty()) {
                if (changed_.wait_until(lock, deadline) == std::cv_status::timeout) return false;
                continue;
            }
            if (std::chrono::steady_clock::now() >= deadline) return false;
            // Not at once: while some are answered, the queue empties.
            if (open_ > 0) changed_.wait_until(lock, deadline);
            const std::string command = again_.front();
            again_.pop_front();
            ++sent_again_;
            lock.unlock();
            send(command);
            lock.lock();
        }
        return true;
    }

    int accepted() const { return accepted_; }
    int refused() const { return refused_; }
    int sent_again() const { return sent_again_; }

 private:
    skein::Store& store_;
    std::mutex mutex_;  // guards all below
    std::condition_variable changed_;
    std::deque<std::string> again_;
    int open_ = 0;
    int accepted_ = 0;
    int refused_ = 0;
    int sent_again_ = 0;
};

int run(const std::string& directory) {
    skein::StoreOptions options;
    options.directory = directory;
    options.runtime.queue_commands_max = 16;  // so small that it does fill
    const auto store = skein::Store::open(options);
    skein::SystemRandom random;
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    if (!send_and_wait(*store,
                       fmt::format(R"({{"command_id":"{}","type":"CreateSwarm","swarm":"demo",)"
                                   R"("data":{{"goal":"count"}}}})",
                                   random.uuid().str()),
                       deadline) ||
        !send_and_wait(*store,
                       fmt::format(R"({{"command_id":"{}","type":"StartRun","swarm":"demo",)"
                                   R"("run":"r1","data":{{"inputs":{{"first":true}}}}}})",
                                   random.uuid().str()),
                       deadline))
        return 1;
    Sender sender(*store);
    for (int i = 0; i < 200; ++i) {
        sender.send(fmt::format(
            R"({{"command_id":"{}","type":"UpdateContext","swarm":"demo","run":"r1","data":)"
            R"({{"updates":[{{"key":"item.{}","op":"set","value":{}}}]}}}})",
            random.uuid().str(), i, i));
    }
    const bool is_done = sender.finish(deadline);
    store->close();  // every callback has returned after this
    std::cerr << sender.sent_again() << " sent again after overloaded\n";
    std::cout << sender.accepted() << " accepted, " << sender.refused() << " refused\n";
    return is_done && sender.refused() == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::cerr << "usage: producer DIRECTORY\n";
        return 2;
    }
    try {
        return run(argv[1]);
    } catch (const skein::Fault& fault) {
        std::cerr << fault.what() << '\n' << fault.remedy() << '\n';
        return 5;
    }
}
