/* Dates and times as numbers; zero means "not given".
 *
 * pp_date: days since 0000-12-31 (1 = 0001-01-01), so that a zeroed struct says
 * "none" and never 1970-01-01, which is a real birth date. Instants are int64
 * milliseconds since the Unix epoch, UTC; 0 = none. There is no clock in here:
 * now is an argument everywhere.
 */
#ifndef PP_BASE_DATE_H
#define PP_BASE_DATE_H

#include "base/str.h"

typedef int32_t pp_date; /* the one typedef: a number with a meaning, not a struct */

#define PP_MS_SECOND INT64_C(1000)
#define PP_MS_MINUTE (60 * PP_MS_SECOND)
#define PP_MS_HOUR (60 * PP_MS_MINUTE)
#define PP_MS_DAY (24 * PP_MS_HOUR)

pp_date pp_date_of(int year, int month, int day); /* 0 when there is no such day; years 1…9999 */
void pp_date_split(pp_date d, int *ret_year, int *ret_month, int *ret_day);
int pp_date_weekday(pp_date d);                            /* 0 = Sunday … 6 = Saturday */
bool pp_date_parse(struct pp_str s, pp_date *ret);         /* YYYY-MM-DD */
bool pp_date_parse_compact(struct pp_str s, pp_date *ret); /* YYYYMMDD, as X12 D8 and HL7 have it */
void pp_date_text(pp_date d, char ret[11]);                /* "" for none */

bool pp_time_parse(struct pp_str s, int64_t *ret_ms); /* RFC 3339 with Z or offset, fraction optional */
void pp_time_text(int64_t ms, char ret[25]);          /* 2026-11-24T15:04:05.123Z, "" for none */

/* Zones of the United States by IANA name (America/New_York, Chicago, Denver, Phoenix, Los_Angeles, Anchorage,
 * Pacific/Honolulu, America/Puerto_Rico) and UTC. Rule of 15 USC 260a since 2007: daylight time from the second
 * Sunday of March to the first Sunday of November, 2:00 local. False for an unknown name. */
bool pp_zone_offset(struct pp_str zone, int64_t utc_ms, int *ret_minutes);
pp_date pp_zone_date(struct pp_str zone, int64_t utc_ms); /* local calendar day; UTC for an unknown zone */
/* Local wall time to UTC. A time that is skipped in spring moves forward; an ambiguous one in autumn is the first. */
int64_t pp_zone_instant(struct pp_str zone, pp_date d, int minute_of_day);

/* Holidays: sorted array of dates. */
bool pp_is_business_day(pp_date d, const pp_date *holidays, size_t n);
pp_date pp_add_business_days(pp_date d, int days, const pp_date *holidays, size_t n);

/* Decimals as text: exact, up to 12 digits before and 6 after the point, in millionths. */
bool pp_dec_parse(struct pp_str s, int64_t *ret_millionths);
/* Shortest text: "10", "0.5", "-3.25". */
void pp_dec_text(int64_t millionths, char ret[24]);

#endif
