/* priorpath clock: virtual time of an installation. Every process looks at the same file (io/clock.h). */
#include "priorpath.h"

#include "base/date.h"
#include "io/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct pp_config_key keys[] = {
    {"clock-file", PP_CFG_STR, 1, 1023, "", ".run/clock", "File of the clock."},
    {"at", PP_CFG_STR, 0, 40, "", "", "set: virtual time from now on, RFC 3339; empty: real time."},
    {"speed", PP_CFG_STR, 1, 16, "", "1", "set, speed: virtual seconds per real second, 0 stands still."},
    {0},
};

static int parse_speed(const struct pp_config *c, double *ret, struct pp_err *err) {
    const char *text = pp_config_str(c, "speed");
    char *end;
    double v = strtod(text, &end);
    if (*end || end == text || !(v >= 0 && v <= PP_CLOCK_SPEED_MAX))
        return pp_err_set(err, PP_ERR_INVALID, "speed: want a number from 0 to %.0f", PP_CLOCK_SPEED_MAX);
    *ret = v;
    return 0;
}

static int set(const struct pp_config *c, bool keep_time, struct pp_err *err) {
    const char *file = pp_config_str(c, "clock-file"), *at = pp_config_str(c, "at");
    int64_t now = pp_real_ms();
    double speed = 1;
    if (parse_speed(c, &speed, err) < 0) return -1;
    if (keep_time) {
        if (pp_clock_init(file, err) < 0) return -1;
        now = pp_clock_now_ms();
    } else if (*at && !pp_time_parse(pp_str_z(at), &now)) {
        return pp_err_set(err, PP_ERR_INVALID, "at: want a time like 2026-11-24T07:00:00-06:00");
    }
    return pp_clock_write(file, now, pp_real_ms(), speed, err);
}

static int show(const struct pp_config *c, struct pp_err *err) {
    char text[25];
    if (pp_clock_init(pp_config_str(c, "clock-file"), err) < 0) return -1;
    pp_time_text(pp_clock_now_ms(), text);
    printf("%s, speed %g\n", text, pp_clock_speed());
    return 0;
}

int cmd_clock(int argc, char **argv) {
    struct pp_config *c;
    struct pp_err err = {0};
    int rc;
    const char *verb = cli_verb(&argc, &argv);
    cli_settings("priorpath clock", keys, argc, argv, &c);
    if (!verb || strcmp(verb, "show") == 0)
        rc = show(c, &err);
    else if (strcmp(verb, "set") == 0 || strcmp(verb, "speed") == 0)
        rc = set(c, strcmp(verb, "speed") == 0, &err);
    else
        rc = pp_err_set(&err, PP_ERR_INVALID, "want show, set or speed, not \"%s\"", verb);
    if (rc == 0 && verb && strcmp(verb, "show") != 0) rc = show(c, &err);
    pp_config_free(c);
    return rc == 0 ? CLI_OK : cli_fail("clock", &err);
}
