/* Virtual time: base + (real - real_base) x speed, from a small file that all processes of an installation share
 * (--clock-file; text "<virtual_base_ms> <real_base_ms> <speed>"). Without the file virtual time is real time.
 * The file is looked at again when its mtime changes (checked at most every 100 ms). Monotonic: never goes back
 * within a process: when a new file says an earlier time, virtual time stands still until that file has caught up.
 * Cheap enough to be asked for every input. One thread only. */
#ifndef PP_IO_CLOCK_H
#define PP_IO_CLOCK_H
#include "base/err.h"
#include <stdint.h>

#define PP_CLOCK_SPEED_MAX 100000.0

/* NULL or "" : real time. A file that is not there yet is looked for again; one that cannot be read is an error. */
int pp_clock_init(const char *file_or_null, struct pp_err *err);
int64_t pp_clock_now_ms(void); /* virtual, for business decisions */
double pp_clock_speed(void);
int64_t pp_mono_ms(void); /* monotonic, for time-outs */
int64_t pp_real_ms(void); /* wall clock */
/* Replaces the file in one step (written beside it, renamed). */
int pp_clock_write(const char *file, int64_t virtual_base_ms, int64_t real_base_ms, double speed, struct pp_err *err);
/* The real time, in ms, at which virtual time will be virtual_ms; in the past when it has been. 0 when the clock
 * stands. */
int64_t pp_clock_real_of(int64_t virtual_ms);
#endif
