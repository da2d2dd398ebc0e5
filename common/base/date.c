#include "base/date.h"

#include <stdio.h>

#define DAYS_TO_1970 719163 /* pp_date of 1970-01-01 */

/* ---- calendar ---- */

static bool is_leap(int y) { return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0; }

static int days_in_month(int y, int m) {
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[m - 1] + (m == 2 && is_leap(y));
}

pp_date pp_date_of(int year, int month, int day) {
    if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month)) return 0;
    int y = year - 1;
    int n = y * 365 + y / 4 - y / 100 + y / 400;
    for (int m = 1; m < month; m++) n += days_in_month(year, m);
    return n + day;
}

void pp_date_split(pp_date d, int *ret_year, int *ret_month, int *ret_day) {
    int y = (int)((int64_t)(d - 1) * 400 / 146097) + 1; /* at most one off */
    while (pp_date_of(y, 1, 1) > d) y--;
    while (y < 9999 && pp_date_of(y + 1, 1, 1) <= d) y++;
    int left = d - pp_date_of(y, 1, 1), m = 1;
    while (left >= days_in_month(y, m)) left -= days_in_month(y, m++);
    *ret_year = y;
    *ret_month = m;
    *ret_day = left + 1;
}

int pp_date_weekday(pp_date d) { return d % 7; } /* 0001-01-01 was a Monday */

static bool digits(const char *s, int n, int *ret) {
    int v = 0;
    for (int i = 0; i < n; i++) {
        if (s[i] < '0' || s[i] > '9') return false;
        v = v * 10 + (s[i] - '0');
    }
    *ret = v;
    return true;
}

bool pp_date_parse(struct pp_str s, pp_date *ret) {
    int y, m, d;
    if (s.n != 10 || s.s[4] != '-' || s.s[7] != '-') return false;
    if (!digits(s.s, 4, &y) || !digits(s.s + 5, 2, &m) || !digits(s.s + 8, 2, &d)) return false;
    pp_date v = pp_date_of(y, m, d);
    if (v) *ret = v;
    return v != 0;
}

bool pp_date_parse_compact(struct pp_str s, pp_date *ret) {
    int y, m, d;
    if (s.n != 8 || !digits(s.s, 4, &y) || !digits(s.s + 4, 2, &m) || !digits(s.s + 6, 2, &d)) return false;
    pp_date v = pp_date_of(y, m, d);
    if (v) *ret = v;
    return v != 0;
}

/* n digits and what follows them. By hand: every record has several dates and times. */
static char *put(char *at, int n, int v, char after) {
    for (int i = n - 1; i >= 0; i--, v /= 10) at[i] = (char)('0' + v % 10);
    at[n] = after;
    return at + n + 1;
}

void pp_date_text(pp_date d, char ret[11]) {
    int y, m, day;
    if (d <= 0 || d > pp_date_of(9999, 12, 31)) {
        ret[0] = '\0';
        return;
    }
    pp_date_split(d, &y, &m, &day);
    put(put(put(ret, 4, y, '-'), 2, m, '-'), 2, day, '\0');
}

/* ---- instants ---- */

static int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0); }

/* "Z", "+hh:mm" or "-hh:mm", nothing behind it. */
static bool parse_offset(const char *p, const char *end, int *ret_minutes) {
    if (end - p == 1 && (*p == 'Z' || *p == 'z')) {
        *ret_minutes = 0;
        return true;
    }
    int h, m;
    if (end - p != 6 || (*p != '+' && *p != '-') || p[3] != ':') return false;
    if (!digits(p + 1, 2, &h) || !digits(p + 4, 2, &m) || h > 23 || m > 59) return false;
    *ret_minutes = (*p == '-' ? -1 : 1) * (h * 60 + m);
    return true;
}

bool pp_time_parse(struct pp_str s, int64_t *ret_ms) {
    pp_date d;
    int h, m, sec, offset, ms = 0;
    if (s.n < 20 || !pp_date_parse((struct pp_str){s.s, 10}, &d)) return false;
    if ((s.s[10] != 'T' && s.s[10] != 't' && s.s[10] != ' ') || s.s[13] != ':' || s.s[16] != ':') return false;
    if (!digits(s.s + 11, 2, &h) || !digits(s.s + 14, 2, &m) || !digits(s.s + 17, 2, &sec)) return false;
    if (h > 23 || m > 59 || sec > 60) return false;
    const char *p = s.s + 19, *end = s.s + s.n;
    if (*p == '.') {
        int weight = 100, seen = 0;
        for (p++; p < end && *p >= '0' && *p <= '9'; p++, seen++, weight /= 10) ms += (*p - '0') * weight;
        if (!seen) return false;
    }
    if (!parse_offset(p, end, &offset)) return false;
    *ret_ms = (int64_t)(d - DAYS_TO_1970) * PP_MS_DAY + (h * 60 + m - offset) * PP_MS_MINUTE + sec * PP_MS_SECOND + ms;
    return true;
}

void pp_time_text(int64_t ms, char ret[25]) {
    ret[0] = '\0';
    if (ms == 0) return;
    int64_t day = floor_div(ms, PP_MS_DAY);
    int64_t rest = ms - day * PP_MS_DAY;
    if (day < 1 - DAYS_TO_1970 || day > pp_date_of(9999, 12, 31) - DAYS_TO_1970) return;
    pp_date_text((pp_date)(day + DAYS_TO_1970), ret);
    ret[10] = 'T';
    char *at = put(ret + 11, 2, (int)(rest / PP_MS_HOUR), ':');
    at = put(at, 2, (int)(rest / PP_MS_MINUTE % 60), ':');
    at = put(at, 2, (int)(rest / PP_MS_SECOND % 60), '.');
    put(at, 3, (int)(rest % 1000), 'Z');
    ret[24] = '\0';
}

/* ---- zones ---- */

static const struct zone {
    const char *name;
    int16_t standard_minutes;
    bool daylight;
} zones[] = {
    {"UTC", 0, false},
    {"America/New_York", -300, true},
    {"America/Detroit", -300, true},
    {"America/Indiana/Indianapolis", -300, true},
    {"America/Chicago", -360, true},
    {"America/Denver", -420, true},
    {"America/Phoenix", -420, false},
    {"America/Los_Angeles", -480, true},
    {"America/Anchorage", -540, true},
    {"Pacific/Honolulu", -600, false},
    {"America/Puerto_Rico", -240, false},
};

static const struct zone *find_zone(struct pp_str name) {
    for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++)
        if (pp_str_eqz(name, zones[i].name)) return &zones[i];
    return NULL;
}

static pp_date nth_sunday(int year, int month, int n) {
    pp_date first = pp_date_of(year, month, 1);
    return first + (7 - pp_date_weekday(first)) % 7 + 7 * (n - 1);
}

static int offset_at(const struct zone *z, int64_t utc_ms) {
    if (!z->daylight) return z->standard_minutes;
    int64_t std_minutes = floor_div(utc_ms, PP_MS_MINUTE) + z->standard_minutes; /* local standard time */
    int y, m, d;
    pp_date_split((pp_date)(floor_div(std_minutes, 1440) + DAYS_TO_1970), &y, &m, &d);
    int64_t spring = (int64_t)(nth_sunday(y, 3, 2) - DAYS_TO_1970) * 1440 + 120; /* 2:00 standard */
    int64_t autumn = (int64_t)(nth_sunday(y, 11, 1) - DAYS_TO_1970) * 1440 + 60; /* 2:00 daylight = 1:00 standard */
    return z->standard_minutes + (std_minutes >= spring && std_minutes < autumn ? 60 : 0);
}

bool pp_zone_offset(struct pp_str zone, int64_t utc_ms, int *ret_minutes) {
    const struct zone *z = find_zone(zone);
    if (z) *ret_minutes = offset_at(z, utc_ms);
    return z != NULL;
}

pp_date pp_zone_date(struct pp_str zone, int64_t utc_ms) {
    const struct zone *z = find_zone(zone);
    int64_t local = utc_ms + (z ? offset_at(z, utc_ms) * PP_MS_MINUTE : 0);
    return (pp_date)(floor_div(local, PP_MS_DAY) + DAYS_TO_1970);
}

int64_t pp_zone_instant(struct pp_str zone, pp_date d, int minute_of_day) {
    const struct zone *z = find_zone(zone);
    int64_t local = (int64_t)(d - DAYS_TO_1970) * PP_MS_DAY + minute_of_day * PP_MS_MINUTE;
    if (!z) return local;
    /* Daylight offset first: in autumn that picks the first of the two, in spring a skipped time falls through
     * to standard time, which lands one hour later on the clock. */
    int64_t daylight = local - (z->standard_minutes + 60) * PP_MS_MINUTE;
    if (offset_at(z, daylight) == z->standard_minutes + 60) return daylight;
    return local - z->standard_minutes * PP_MS_MINUTE;
}

/* ---- business days ---- */

static bool is_holiday(pp_date d, const pp_date *holidays, size_t n) {
    size_t lo = 0, hi = n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (holidays[mid] < d)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < n && holidays[lo] == d;
}

bool pp_is_business_day(pp_date d, const pp_date *holidays, size_t n) {
    int w = pp_date_weekday(d);
    return w != 0 && w != 6 && !is_holiday(d, holidays, n);
}

pp_date pp_add_business_days(pp_date d, int days, const pp_date *holidays, size_t n) {
    for (; days > 0; days--) {
        do d++;
        while (!pp_is_business_day(d, holidays, n));
    }
    return d;
}

/* ---- decimals ---- */

#define DEC_SCALE INT64_C(1000000)
#define DEC_FRACTION_DIGITS 6
#define DEC_WHOLE_DIGITS 12

bool pp_dec_parse(struct pp_str s, int64_t *ret_millionths) {
    uint32_t i = 0;
    bool neg = false;
    if (s.n && (s.s[0] == '-' || s.s[0] == '+')) neg = s.s[i++] == '-';
    int64_t whole = 0, fraction = 0;
    int nwhole = 0, nfraction = 0;
    for (; i < s.n && s.s[i] >= '0' && s.s[i] <= '9'; i++) {
        whole = whole * 10 + (s.s[i] - '0');
        if (whole && ++nwhole > DEC_WHOLE_DIGITS) return false;
    }
    bool any = i > 0 && s.s[i - 1] >= '0' && s.s[i - 1] <= '9';
    if (i < s.n && s.s[i] == '.') {
        int64_t weight = DEC_SCALE / 10;
        for (i++; i < s.n && s.s[i] >= '0' && s.s[i] <= '9'; i++, nfraction++) {
            if (nfraction >= DEC_FRACTION_DIGITS && s.s[i] != '0') return false; /* would lose value */
            fraction += (s.s[i] - '0') * weight;
            weight /= 10;
        }
        any = any || nfraction > 0;
    }
    if (!any || i != s.n) return false;
    int64_t v = whole * DEC_SCALE + fraction;
    *ret_millionths = neg ? -v : v;
    return true;
}

void pp_dec_text(int64_t millionths, char ret[24]) {
    uint64_t v = millionths < 0 ? (uint64_t)0 - (uint64_t)millionths : (uint64_t)millionths;
    uint64_t fraction = v % (uint64_t)DEC_SCALE;
    int width = DEC_FRACTION_DIGITS;
    while (width && fraction % 10 == 0) {
        fraction /= 10;
        width--;
    }
    const char *sign = millionths < 0 ? "-" : "";
    unsigned long long whole = v / (uint64_t)DEC_SCALE;
    char text[64];
    if (width)
        snprintf(text, sizeof text, "%s%llu.%0*llu", sign, whole, width, (unsigned long long)fraction);
    else
        snprintf(text, sizeof text, "%s%llu", sign, whole);
    memcpy(ret, text, strlen(text) + 1); /* at most "-9223372036854.775808" */
}
