// The codes of faults, which `skein explain` explains: one for each kind, and finer ones where the
// thrower knows which case it is.
//
// Threads: constants. Errors: none. Source: interfaces section 4 (errors say what, why and what to
// do next).
#pragma once

#include "engine/base/fault.h"

namespace skein::fault_codes {

inline constexpr FaultCode kUnavailable{
    "unavailable", FaultKind::kUnavailable,
    "Something that the store needs cannot be had now: its disk, a server or memory.",
    "Run `skein doctor`, then try again."};
inline constexpr FaultCode kStoreLocked{
    "store-locked", FaultKind::kUnavailable,
    "Another process has the store open, and one at a time may have it.",
    "Wait until that process ends, or stop it, then try again."};
inline constexpr FaultCode kDiskFull{
    "disk-full", FaultKind::kUnavailable, "The disk has no space left for what was to be written.",
    "Free space on the disk, then send the same again: command ids make that safe."};
inline constexpr FaultCode kNoPermission{
    "no-permission", FaultKind::kUnavailable,
    "This user may not read or write what the store needs, or its disk "
    "is mounted read-only.",
    "Give this user read and write access to the path named."};
inline constexpr FaultCode kOutputFailed{
    "output-failed", FaultKind::kUnavailable,
    "What was to be printed could not be written to the end: a part of it is missing.",
    "Make the output writable, then run the command again."};
inline constexpr FaultCode kOutOfMemory{
    "out-of-memory", FaultKind::kUnavailable,
    "The system gave no more memory or threads to this process.",
    "Raise the limits of this process (`ulimit -a` shows them), or free memory."};
inline constexpr FaultCode kOverloaded{"overloaded", FaultKind::kOverloaded,
                                       "More work waits than may wait.",
                                       "Wait a little, then try again."};
inline constexpr FaultCode kCorruption{
    "corruption", FaultKind::kCorruption, "What is stored is not what was written.",
    "Run `skein verify --all`; restore a backup where the log is damaged."};
inline constexpr FaultCode kBadConfiguration{
    "bad-configuration", FaultKind::kConfig, "What was asked for and what is there do not fit.",
    "Correct the setting or the path that the message names."};
inline constexpr FaultCode kStoreFormat{
    "store-format", FaultKind::kConfig,
    "The store was made by a version of skein whose format this one does not read.",
    "Use the skein version that made the store."};
inline constexpr FaultCode kNoStore{"no-store", FaultKind::kConfig,
                                    "The directory holds other things, and is no store.",
                                    "Name a store, or an empty or new directory."};
inline constexpr FaultCode kForeignTopic{
    "foreign-topic", FaultKind::kConfig, "The Kafka topics hold what another store wrote.",
    "Give each store topics of its own: SKEIN_KAFKA__EVENTS_TOPIC, SKEIN_KAFKA__COMMANDS_TOPIC, "
    "SKEIN_KAFKA__OUTCOMES_TOPIC and SKEIN_KAFKA__DEAD_LETTERS_TOPIC name them."};
inline constexpr FaultCode kNotThere{"not-there", FaultKind::kMissing,
                                     "What was named is not there.",
                                     "Check the name that the message says."};
inline constexpr FaultCode kStoreMissing{
    "store-missing", FaultKind::kMissing, "There is no store at the place named.",
    "Check --data; the first `skein send` or `skein import` makes a store."};

inline constexpr const FaultCode* kAll[] = {
    &kUnavailable, &kStoreLocked,  &kDiskFull,   &kNoPermission,     &kOutputFailed,
    &kOutOfMemory, &kOverloaded,   &kCorruption, &kBadConfiguration, &kStoreFormat,
    &kNoStore,     &kForeignTopic, &kNotThere,   &kStoreMissing};

}  // namespace skein::fault_codes
