#include "refs/set.h"

#include <stdlib.h>

/* ---- calendar ---- */

static const struct refs_col calendar_cols[] = {
    {"date", refs_cell_date, offsetof(struct refs_holiday, date), 0, true},
    {"name", refs_cell_text, offsetof(struct refs_holiday, name), 80, true},
};

static int by_date(const void *a, const void *b) {
    pp_date x = *(const pp_date *)a, y = *(const pp_date *)b;
    return (x > y) - (x < y);
}

static int finish_calendar(struct pp_refs *r, struct pp_err *err) {
    const struct refs_holiday *rows = r->lists[REFS_CALENDAR].rows;
    size_t n = REFS_N(r, REFS_CALENDAR);
    if (!n) return 0;
    r->holidays = pp_arena_array(&r->arena, pp_date, n);
    if (!r->holidays) return refs_nomem(err);
    for (size_t i = 0; i < n; i++) r->holidays[i] = rows[i].date;
    qsort(r->holidays, n, sizeof *r->holidays, by_date);
    for (size_t i = 0; i < n; i++)
        if (!r->holidays_n || r->holidays[r->holidays_n - 1] != r->holidays[i])
            r->holidays[r->holidays_n++] = r->holidays[i];
    return 0;
}

const struct refs_kind refs_kind_calendar = {"calendar",    sizeof(struct refs_holiday),
                                             calendar_cols, sizeof calendar_cols / sizeof *calendar_cols,
                                             NULL,          finish_calendar};

const pp_date *pp_refs_holidays(const struct pp_refs *r, size_t *ret_n) {
    *ret_n = r->holidays_n;
    return r->holidays;
}

int64_t pp_refs_due(const struct pp_refs *r, int64_t start_ms, int32_t amount, enum pp_due_unit unit,
                    struct pp_str zone) {
    pp_date day = pp_zone_date(zone, start_ms);
    switch (unit) {
    case PP_DUE_MINUTE: return start_ms + amount * PP_MS_MINUTE;
    case PP_DUE_HOUR: return start_ms + amount * PP_MS_HOUR;
    case PP_DUE_DAY: day += amount; break;
    case PP_DUE_BUSINESS_DAY: day = pp_add_business_days(day, amount, r->holidays, r->holidays_n); break;
    }
    return pp_zone_instant(zone, day, 24 * 60 - 1);
}

/* ---- clocks ---- */

static const struct refs_col clock_cols[] = {
    {"clock", refs_cell_text, offsetof(struct pp_clock, id), 40, true},
    {"regime", refs_cell_text, offsetof(struct pp_clock, regime), 80, true},
    {"payer", refs_cell_text, offsetof(struct pp_clock, payer), 40, false},
    {"lob", refs_cell_lob, offsetof(struct pp_clock, lob), 0, false},
    {"expedited", refs_cell_bool, offsetof(struct pp_clock, expedited), 0, true},
    {"amount", refs_cell_int, offsetof(struct pp_clock, amount), 0, true},
    {"unit", refs_cell_due_unit, offsetof(struct pp_clock, unit), 0, true},
    {"from", refs_cell_date, offsetof(struct pp_clock, from), 0, false},
    {"source", refs_cell_text, offsetof(struct pp_clock, source), 200, true},
};

static int check_clock(void *row, const struct pp_pack *pack, struct pp_err *err) {
    const struct pp_clock *c = row;
    (void)pack;
    if (c->amount <= 0) return pp_err_set(err, PP_ERR_INVALID, "clock %.*s: the amount must be above 0", PP_FMT(c->id));
    if (!c->payer.n && c->lob == EV_COVERAGE_LOB_NONE)
        return pp_err_set(err, PP_ERR_INVALID, "clock %.*s: neither payer nor lob", PP_FMT(c->id));
    return 0;
}

const struct refs_kind refs_kind_clocks = {
    "clocks", sizeof(struct pp_clock), clock_cols, sizeof clock_cols / sizeof *clock_cols, check_clock, NULL};

const struct pp_clock *pp_refs_decision_clock(const struct pp_refs *r, struct pp_str payer, enum ev_coverage_lob lob,
                                              bool expedited, int64_t start_ms) {
    const struct pp_clock *rows = r->lists[REFS_CLOCKS].rows, *best = NULL;
    pp_date day = pp_zone_date(PP_STR_NONE, start_ms);
    for (size_t i = 0; i < REFS_N(r, REFS_CLOCKS); i++) {
        const struct pp_clock *c = &rows[i];
        if (c->expedited != expedited || c->from > day) continue;
        if (c->payer.n ? !pp_str_eq(c->payer, payer) : c->lob != lob) continue;
        bool better =
            !best || (c->payer.n && !best->payer.n) || (!c->payer.n == !best->payer.n && c->from > best->from);
        if (better) best = c;
    }
    return best;
}

int64_t pp_refs_decision_due(const struct pp_refs *r, struct pp_str payer, enum ev_coverage_lob lob, bool expedited,
                             int64_t start_ms, struct pp_str zone) {
    const struct pp_clock *c = pp_refs_decision_clock(r, payer, lob, expedited, start_ms);
    return c ? pp_refs_due(r, start_ms, c->amount, c->unit, zone) : 0;
}

/* ---- queues ---- */

static const struct refs_col queue_cols[] = {
    {"kind", refs_cell_text, offsetof(struct pp_queue, kind), 40, true},
    {"queue", refs_cell_text, offsetof(struct pp_queue, queue), 40, true},
    {"amount", refs_cell_int, offsetof(struct pp_queue, amount), 0, true},
    {"unit", refs_cell_due_unit, offsetof(struct pp_queue, unit), 0, true},
    {"urgent_amount", refs_cell_int, offsetof(struct pp_queue, urgent_amount), 0, true},
    {"urgent_unit", refs_cell_due_unit, offsetof(struct pp_queue, urgent_unit), 0, true},
};

static int check_queue(void *row, const struct pp_pack *pack, struct pp_err *err) {
    const struct pp_queue *q = row;
    enum ev_task_needed_kind kind;
    (void)pack;
    if (!ev_task_needed_kind_parse(q->kind, &kind))
        return pp_err_set(err, PP_ERR_INVALID, "there is no kind of task %.*s", PP_FMT(q->kind));
    if (q->amount <= 0 || q->urgent_amount <= 0)
        return pp_err_set(err, PP_ERR_INVALID, "task %.*s: the amounts must be above 0", PP_FMT(q->kind));
    return 0;
}

const struct refs_kind refs_kind_queues = {
    "queues", sizeof(struct pp_queue), queue_cols, sizeof queue_cols / sizeof *queue_cols, check_queue, NULL};

const struct pp_queue *pp_refs_queue(const struct pp_refs *r, enum ev_task_needed_kind kind) {
    const struct pp_queue *rows = r->lists[REFS_QUEUES].rows;
    struct pp_str name = pp_str_z(ev_task_needed_kind_name(kind));
    for (size_t i = 0; i < REFS_N(r, REFS_QUEUES); i++)
        if (pp_str_eq(rows[i].kind, name)) return &rows[i];
    return NULL;
}

struct pp_str pp_refs_task_queue(const struct pp_refs *r, enum ev_task_needed_kind kind) {
    const struct pp_queue *q = pp_refs_queue(r, kind);
    return q ? q->queue : PP_STR("authorization");
}

int64_t pp_refs_task_due(const struct pp_refs *r, enum ev_task_needed_kind kind, bool urgent, int64_t now_ms,
                         struct pp_str zone) {
    const struct pp_queue *q = pp_refs_queue(r, kind);
    if (!q) return now_ms + PP_MS_DAY;
    return urgent ? pp_refs_due(r, now_ms, q->urgent_amount, q->urgent_unit, zone)
                  : pp_refs_due(r, now_ms, q->amount, q->unit, zone);
}
