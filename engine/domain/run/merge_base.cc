#include "engine/domain/run/merge_base.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/domain/run/guards.h"
#include "engine/domain/run/merge_codes.h"

namespace skein::domain::run {

namespace {

using RunPointer = std::shared_ptr<const RunState>;

enum class Link { kHead, kFork, kParent };

// A run on the line of another: the version that the line passes it at, and the link that led
// there.
struct LinePoint {
    RunPoint point;
    Link link = Link::kHead;
};

std::vector<LinePoint> line_of(const Scene& scene, const RunState& run) {
    std::vector<LinePoint> line{{{std::string(run.run()), run.version()}, Link::kHead}};
    RunPointer kept;  // owns what `at` points to from the second step on
    for (const RunState* at = &run; at->forked_from || at->parent; at = kept.get()) {
        const Link link = at->forked_from ? Link::kFork : Link::kParent;
        line.push_back({link == Link::kFork ? *at->forked_from : *at->parent, link});
        kept = current_run(scene, at->sibling(line.back().point.run));
    }
    return line;
}

// The place on `line` of the first run that stands on both, or line.size().
std::size_t common_place(const std::vector<LinePoint>& line, const std::vector<LinePoint>& other) {
    const auto meets = [&other](const LinePoint& mine) {
        return std::any_of(other.begin(), other.end(), [&mine](const LinePoint& theirs) {
            return theirs.point.run == mine.point.run;
        });
    };
    return static_cast<std::size_t>(std::find_if(line.begin(), line.end(), meets) - line.begin());
}

// Where a parent link leads to `common`: the starts of the runs on the way to that link.
void add_starts(const Scene& scene, const std::vector<LinePoint>& line, std::size_t common,
                MergeSide& side) {
    std::size_t child = 0;
    while (child < common && line[child + 1].link != Link::kParent) ++child;
    if (child == common) return;
    for (std::size_t i = 0; i <= child; ++i) {
        const Stream stream = side.state->sibling(line[i].point.run);
        side.began.push_back(run_at(scene, stream, Version(1)));
    }
}

struct LastMerge {
    MergeSide* into = nullptr;
    MergeSide* from = nullptr;
    MergedFrom merged;
};

void consider(LastMerge& last, MergeSide& into, MergeSide& from) {
    const MergedFrom* merged = into.state->merged_from.find(from.point.run);
    if (merged == nullptr) return;
    if (last.into != nullptr && merged->position < last.merged.position) return;
    last = {&into, &from, *merged};
}

// A side that never inherited everything has at least what stood in it after the last merge.
void add_state_after(const Scene& scene, const LastMerge& last) {
    if (last.into->began.empty()) return;
    const std::string point = "@pos:" + std::to_string(last.merged.position.value());
    const auto version = scene.resolve(last.into->stream(), point);
    if (!version || version->value() == 0) return;
    last.into->began.push_back(run_at(scene, last.into->stream(), *version));
}

}  // namespace

bool MergeSide::never_had(const Slot& slot) const {
    if (began.empty()) return false;
    return std::none_of(began.begin(), began.end(), [&slot](const RunPointer& run) {
        return run->area(slot.area).find(slot.key) != nullptr;
    });
}

RunPointer current_run(const Scene& scene, const Stream& stream) {
    return std::static_pointer_cast<const RunState>(scene.current(stream));
}

RunPointer run_at(const Past& past, const Stream& stream, Version version) {
    return std::static_pointer_cast<const RunState>(past.at(stream, version));
}

Result<MergeSides, Rejection> find_merge_sides(const Scene& scene, RunPointer source) {
    RunPointer target = current_run(scene, scene.target().stream());
    const std::vector<LinePoint> source_line = line_of(scene, *source);
    const std::vector<LinePoint> target_line = line_of(scene, *target);
    const std::size_t source_common = common_place(source_line, target_line);
    const std::size_t target_common = common_place(target_line, source_line);

    MergeSides sides;
    sides.source = {std::move(source), source_line.front().point, {}};
    sides.target = {std::move(target), target_line.front().point, {}};
    const bool lines_meet = source_common < source_line.size();
    if (lines_meet) {
        add_starts(scene, source_line, source_common, sides.source);
        add_starts(scene, target_line, target_common, sides.target);
    }
    LastMerge last;
    consider(last, sides.target, sides.source);
    consider(last, sides.source, sides.target);
    if (last.into != nullptr) {
        add_state_after(scene, last);
        sides.base.point = {last.from->point.run, last.merged.version};
    } else if (lines_meet) {
        const RunPoint& mine = source_line[source_common].point;
        const RunPoint& theirs = target_line[target_common].point;
        sides.base.point = mine.version < theirs.version ? mine : theirs;
    } else {
        return fail(reject(codes::kNoMergeBase, "Runs " + sides.source.point.run + " and " +
                                                    sides.target.point.run +
                                                    " have no common point."));
    }
    const Stream stream = sides.target.state->sibling(sides.base.point.run);
    sides.base.state = run_at(scene, stream, sides.base.point.version);
    // What was merged in is the base: its run held all of it, and may have deleted of it since.
    if (last.from != nullptr && !last.from->began.empty())
        last.from->began.push_back(sides.base.state);
    return sides;
}

}  // namespace skein::domain::run
