#include "tools/node/node_metrics.h"

#include <unistd.h>

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <string_view>

namespace skein::node {

namespace {

class Page {
 public:
    void counter(std::string_view name, std::string_view help, std::uint64_t value) {
        begin(name, "counter", help);
        add(name, "", value);
    }
    void gauge(std::string_view name, std::string_view help, std::uint64_t value) {
        begin(name, "gauge", help);
        add(name, "", value);
    }
    void begin(std::string_view name, std::string_view type, std::string_view help) {
        fmt::format_to(std::back_inserter(text_), "# HELP skein_{} {}\n# TYPE skein_{} {}\n", name,
                       help, name, type);
    }
    void add(std::string_view name, std::string_view labels, std::uint64_t value) {
        fmt::format_to(std::back_inserter(text_), "skein_{}{} {}\n", name, labels, value);
    }
    std::string take() { return std::move(text_); }

 private:
    std::string text_;
};

std::uint64_t sum_of(const std::vector<Position>& positions) {
    std::uint64_t sum = 0;
    for (const Position position : positions) sum += position.value();
    return sum;
}

void add_commands(Page& page, const NodeStatus& status, const Store& store) {
    page.begin("commands_total", "counter", "Commands answered, by outcome.");
    page.add("commands_total", "{outcome=\"accepted\"}", status.accepted);
    page.add("commands_total", "{outcome=\"rejected\"}", status.rejected);
    page.add("commands_total", "{outcome=\"unknown\"}", status.unknown);
    page.gauge("commands_in_flight", "Commands taken and not answered yet.", status.in_flight);
    const runtime::RuntimeCounters counters = store.counters();
    page.counter("append_batches_total", "Rounds of commands that were appended.", counters.rounds);
    page.counter("append_events_total", "Events that were appended.", counters.events);
    page.gauge("shards_owned", "Shards that this node writes.", status.owned.size());
    page.counter("ownership_changes_total", "Shards gained and lost.", status.ownership_changes);
    page.gauge("log_writable", "Whether the log takes commands.", status.is_read_only ? 0 : 1);
    page.gauge("log_head_events", "Events in the log, all shards together.", sum_of(status.heads));
}

void add_views(Page& page, const NodeStatus& status, Store& store) {
    page.gauge("projector_position_events", "Events in the views, all shards together.",
               sum_of(status.applied));
    page.gauge("projector_lag_events", "Events that the view furthest behind lacks.",
               status.lag_events);
    const projections::ViewCounters views = store.views().counters();
    page.gauge("projector_failing", "Whether the projector stands still by a failure.",
               views.failure.empty() ? 0 : 1);
    page.counter("projector_rebuilds_total", "Views built anew because of damage.", views.rebuilds);
    page.counter("l1_hits_total", "Reads that found the state in memory.", views.hits);
    page.counter("l1_misses_total", "Reads that did not.", views.misses);
    page.gauge("l1_entries", "States in memory.", views.cached);
    page.gauge("l1_bytes", "Bytes of states in memory.", views.cached_bytes);
}

void add_bus(Page& page, const NodeStatus& status) {
    if (status.relay) {
        const bus::RelayStatus& relay = *status.relay;
        page.gauge("relay_sending", "Whether a session of sending is open.",
                   relay.is_sending ? 1 : 0);
        page.gauge("relay_lag_events", "Events of owned shards that are not in the topic yet.",
                   status.relay_lag_events);
        page.counter("relay_deliveries_total", "Events delivered to the topic.", relay.deliveries);
        page.counter("relay_republished_total", "Events sent again, since they were missing.",
                     relay.republished);
        page.counter("relay_sessions_total", "Sessions of sending begun.", relay.sessions);
        page.counter("relay_failures_total", "Sessions that failed.", relay.failures);
    }
    if (status.intake) {
        const intake::IntakeCounters& intake = *status.intake;
        page.begin("intake_records_total", "counter", "Records of the commands topic, by result.");
        page.add("intake_records_total", "{result=\"accepted\"}", intake.accepted);
        page.add("intake_records_total", "{result=\"rejected\"}", intake.rejected);
        page.add("intake_records_total", "{result=\"dead_letter\"}", intake.dead_letters);
        page.add("intake_records_total", "{result=\"reproduced\"}", intake.reproduced);
        page.counter("intake_postponed_total", "Commands that were tried again.", intake.postponed);
        page.counter("intake_lost_offsets_total", "Records that were gone before they were taken.",
                     intake.lost_offsets);
        page.counter("intake_begun_anew_total",
                     "Partitions taken from their beginning, as another topic's.",
                     intake.begun_anew);
        page.counter("intake_failures_total", "Failures of the bus or the log.", intake.failures);
    }
    if (!status.feed) return;
    const bus::TopicFeedStatus& feed = *status.feed;
    page.begin("feed_events_total", "counter", "Events given to the projectors, by source.");
    page.add("feed_events_total", "{source=\"topic\"}", feed.from_topic);
    page.add("feed_events_total", "{source=\"log\"}", feed.from_log);
    page.counter("feed_dropped_total", "Records of the topic that were doubled.", feed.dropped);
    page.counter("feed_refetched_total", "Records that did not follow.", feed.refetched);
    page.gauge("feed_shards_on_log", "Shards whose views follow the log, not the topic.",
               feed.shards_on_log);
}

void add_process(Page& page) {
    std::uint64_t total_pages = 0;
    std::uint64_t resident_pages = 0;
    std::ifstream("/proc/self/statm") >> total_pages >> resident_pages;
    page.gauge("process_resident_memory_bytes", "Memory in use.",
               resident_pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)));
}

}  // namespace

std::string metrics_text(Node& node, const std::string& version, std::uint64_t http_requests) {
    const NodeStatus status = node.status();
    Page page;
    page.begin("build_info", "gauge", "The version that runs.");
    page.add("build_info", fmt::format("{{version=\"{}\"}}", version), 1);
    add_commands(page, status, node.store());
    add_views(page, status, node.store());
    add_bus(page, status);
    page.counter("http_requests_total", "Requests that came.", http_requests);
    add_process(page);
    return page.take();
}

}  // namespace skein::node
