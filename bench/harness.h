// The harness: runs a measurement several times beside its ceiling and keeps minimum, median,
// maximum.
//
// A figure is a ratio where there is something to compare with: both sides run in turn, in one
// process, on the same disk, so that a slow moment of the machine hits both.
// Threads: one. Errors: none.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace skein::bench {

// Seconds that `work` takes.
double seconds_of(const std::function<void()>& work);

struct Spread {
    double min = 0;
    double median = 0;
    double max = 0;
};
Spread spread_of(std::vector<double> samples);
// The q-quantile (0..1) of samples.
double quantile(std::vector<double> samples, double q);

// One line of the table.
struct Line {
    std::string name;
    std::string unit;
    Spread value;
    std::string against;  // the ceiling's name; empty where there is none
    Spread ceiling;
    Spread ratio;
    double goal = 0;  // of the ratio, or of the value where there is no ceiling; 0: none
    bool is_low_good = false;
};

// Appends and prints lines as they come: a table, or one JSON object a line.
class Report {
 public:
    enum class Form { kTable, kJson };
    explicit Report(Form form) : form_(form) {}
    void add(const Line& line);

 private:
    Form form_;
};

}  // namespace skein::bench
