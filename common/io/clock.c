#include "io/clock.h"
#include "io/log.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOOK_EVERY_MS 100
#define FILE_BYTES_MAX 128
#define PATH_BYTES_MAX 1024

struct setting {
    int64_t virtual_base, real_base;
    double speed;
};

static struct {
    char file[PATH_BYTES_MAX];
    struct setting set;
    bool set_valid;
    struct timespec mtime;
    ino_t ino;
    int64_t looked_mono, last;
} vclock;

static int64_t ms_of(clockid_t id) {
    struct timespec ts;
    clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t pp_mono_ms(void) { return ms_of(CLOCK_MONOTONIC); }

int64_t pp_real_ms(void) { return ms_of(CLOCK_REALTIME); }

static int read_setting(const char *file, struct setting *ret, struct pp_err *err) {
    FILE *f = fopen(file, "re");
    if (!f) return pp_err_set(err, PP_ERR_IO, "clock file %s: %s", file, strerror(errno));
    char text[FILE_BYTES_MAX];
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = 0;
    struct setting s;
    if (sscanf(text, "%" SCNd64 " %" SCNd64 " %lf", &s.virtual_base, &s.real_base, &s.speed) != 3 ||
        !isfinite(s.speed) || s.speed < 0 || s.speed > PP_CLOCK_SPEED_MAX)
        return pp_err_set(err, PP_ERR_INVALID, "clock file %s: want \"<virtual_base_ms> <real_base_ms> <speed>\"",
                          file);
    *ret = s;
    return 0;
}

/* Looks whether the file has changed. Absent: as before (real time until it comes). */
static int look(struct pp_err *err) {
    vclock.looked_mono = pp_mono_ms();
    struct stat st;
    if (stat(vclock.file, &st) != 0) {
        if (errno == ENOENT) return 0;
        return pp_err_set(err, PP_ERR_IO, "clock file %s: %s", vclock.file, strerror(errno));
    }
    if (vclock.set_valid && st.st_ino == vclock.ino && st.st_mtim.tv_sec == vclock.mtime.tv_sec &&
        st.st_mtim.tv_nsec == vclock.mtime.tv_nsec)
        return 0;
    struct setting s;
    if (read_setting(vclock.file, &s, err) < 0) return -1;
    vclock.set = s;
    vclock.set_valid = true;
    vclock.mtime = st.st_mtim;
    vclock.ino = st.st_ino;
    return 0;
}

int pp_clock_init(const char *file_or_null, struct pp_err *err) {
    if (file_or_null && strlen(file_or_null) >= sizeof vclock.file)
        return pp_err_set(err, PP_ERR_INVALID, "the path of the clock file is too long");
    memset(&vclock, 0, sizeof vclock);
    if (!file_or_null || !*file_or_null) return 0;
    snprintf(vclock.file, sizeof vclock.file, "%s", file_or_null);
    return look(err);
}

static void look_again(void) {
    if (!vclock.file[0] || pp_mono_ms() - vclock.looked_mono < LOOK_EVERY_MS) return;
    struct pp_err err = {0};
    if (look(&err) < 0) pp_log_err(PP_LOG_WARN, "clock file not understood, going on as before", &err);
}

static int64_t now_of(const struct setting *s) {
    return s->virtual_base + (int64_t)((double)(pp_real_ms() - s->real_base) * s->speed);
}

int64_t pp_clock_now_ms(void) {
    look_again();
    int64_t now = vclock.set_valid ? now_of(&vclock.set) : pp_real_ms();
    if (now > vclock.last) vclock.last = now;
    return vclock.last;
}

double pp_clock_speed(void) {
    look_again();
    return vclock.set_valid ? vclock.set.speed : 1.0;
}

int64_t pp_clock_real_of(int64_t virtual_ms) {
    look_again();
    if (!vclock.set_valid) return virtual_ms;
    if (vclock.set.speed <= 0) return 0;
    return vclock.set.real_base + (int64_t)((double)(virtual_ms - vclock.set.virtual_base) / vclock.set.speed);
}

int pp_clock_write(const char *file, int64_t virtual_base_ms, int64_t real_base_ms, double speed, struct pp_err *err) {
    char tmp[PATH_BYTES_MAX + 24], text[FILE_BYTES_MAX];
    if (strlen(file) >= PATH_BYTES_MAX)
        return pp_err_set(err, PP_ERR_INVALID, "the path of the clock file is too long");
    snprintf(tmp, sizeof tmp, "%s.%d.new", file, (int)getpid());
    int n = snprintf(text, sizeof text, "%" PRId64 " %" PRId64 " %.6f\n", virtual_base_ms, real_base_ms, speed);
    int fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) return pp_err_set(err, PP_ERR_IO, "clock file %s: %s", tmp, strerror(errno));
    bool ok = write(fd, text, (size_t)n) == n;
    ok = close(fd) == 0 && ok;
    if (!ok || rename(tmp, file) != 0) {
        pp_err_set(err, PP_ERR_IO, "clock file %s: %s", file, strerror(errno));
        unlink(tmp);
        return -1;
    }
    return 0;
}
