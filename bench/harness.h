// The harness: runs a measurement several times beside its ceiling and keeps minimum, median,
// maximum.
//
// A figure is a ratio where there is something to compare with: both sides run in turn, in one
// process, on the same disk, so that a slow moment of the machine hits both.
// Threads: one. Errors: none.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "engine/json/value.h"

namespace skein::bench {

inline constexpr int kRuns = 5;
inline constexpr int kWarmUps = 1;  // before them, not counted: memory, caches, files

// Seconds that `work` takes: by the wall, and of this process' processors.
double seconds_of(const std::function<void()>& work);
double cpu_seconds_of(const std::function<void()>& work);

// Waits until this process has nothing left to do in the background: RocksDB merges files after
// much was written, and after it opened a store that was killed. No part of what comes next.
void wait_for_rest();

// Keeps the compiler from leaving out what nobody reads.
void keep(const void* result);

struct Spread {
    double min = 0;
    double median = 0;
    double max = 0;
};
Spread spread_of(std::vector<double> samples);
// The q-quantile (0..1) of samples.
double quantile(std::vector<double> samples, double q);

// Pairs of a figure and its ceiling, measured side by side.
class Comparison {
 public:
    void add(double mine, double ceiling);
    Spread mine() const { return spread_of(mine_); }
    Spread ceiling() const { return spread_of(ceilings_); }
    Spread ratio() const { return spread_of(ratios_); }

 private:
    std::vector<double> mine_;
    std::vector<double> ceilings_;
    std::vector<double> ratios_;
};

enum class Better { kHigh, kLow };

// What a goal is of, where there is a ceiling: a demanded speed can be one of this machine alone.
enum class GoalOf { kRatio, kValue };

// One line of the table. `goal` is of the value where there is no ceiling; 0: the figure is for
// information.
struct Line {
    Line(std::string line_name, std::string line_unit, const std::vector<double>& values,
         double line_goal = 0, Better line_better = Better::kHigh);
    Line(std::string line_name, std::string line_unit, const Comparison& comparison,
         std::string line_against, double line_goal, Better line_better,
         GoalOf line_goal_of = GoalOf::kRatio);

    std::string name;
    std::string unit;
    Spread value;
    std::string against;  // the ceiling's name; empty where there is none
    Spread ceiling;
    Spread ratio;
    double goal = 0;
    Better better = Better::kHigh;
    GoalOf goal_of = GoalOf::kValue;
};

// Tells each figure as it comes: as lines of a table, and as a document of schema skein.bench/1.
class Report {
 public:
    using TellLine = std::function<void(const std::string& text)>;
    using TellFigure = std::function<void(const json::Value& figure)>;
    Report(TellLine line, TellFigure figure) : line_(std::move(line)), figure_(std::move(figure)) {}
    void add(const Line& line);

 private:
    void tell_lines(const Line& line, const std::string& verdict) const;

    TellLine line_;
    TellFigure figure_;
};

}  // namespace skein::bench
