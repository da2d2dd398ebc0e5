#include "status/clocks.h"

static const struct {
    const char *name, *whose, *what;
} kinds[CLOCK_KIND_COUNT] = {
    [CLOCK_PAYER_DECISION] = {"payer_decision", "payer", "Payer's decision"},
    [CLOCK_INFO_ANSWER] = {"info_answer", "ours", "Answer the payer's question"},
    [CLOCK_SUBMIT] = {"submit", "ours", "Send the request"},
    [CLOCK_CORRECT] = {"correct", "ours", "Correct and send again"},
};

const char *clock_kind_name(enum clock_kind k) { return kinds[k].name; }
const char *clock_whose(enum clock_kind k) { return kinds[k].whose; }
const char *clock_what(enum clock_kind k) { return kinds[k].what; }
const char *clock_state_name(enum clock_state s) {
    static const char *const names[] = {"", "running", "met", "missed", "stopped"};
    return names[s];
}

static struct clock running(enum clock_kind k, int64_t start, int64_t due) {
    return (struct clock){.kind = k, .state = due ? CLOCK_RUNNING : CLOCK_OFF, .start = start, .due = due};
}

static struct clock ended(struct clock c, int64_t at) {
    c.ended = at;
    c.state = c.due && at > c.due ? CLOCK_MISSED : CLOCK_MET;
    return c;
}

static struct clock stop(struct clock c, int64_t now_ms) {
    if (c.state == CLOCK_RUNNING) c.state = CLOCK_STOPPED, c.ended = now_ms;
    return c;
}

/* The payer's own word about its due time wins over the rule of the pack. */
static struct clock payer_decision(const struct clock_facts *f, const struct clock *was) {
    if (f->decided && was->state != CLOCK_OFF) return was->state == CLOCK_RUNNING ? ended(*was, f->decided_at) : *was;
    struct clock c = running(CLOCK_PAYER_DECISION, f->received ? f->received : f->submitted,
                             f->payer_due ? f->payer_due : f->pack_due);
    return f->decided && c.state == CLOCK_RUNNING ? ended(c, f->decided_at) : c;
}

struct clock clock_plan(enum clock_kind k, const struct clock_facts *f, const struct clock *was, int64_t now_ms) {
    struct clock none = *was;
    none.kind = k;
    if (!f->open) return stop(none, now_ms);
    switch (k) {
    case CLOCK_PAYER_DECISION:
        if (f->rejected) return stop(none, now_ms); /* what was not considered has no decision to wait for */
        return f->submitted ? payer_decision(f, &none) : none;
    case CLOCK_INFO_ANSWER:
        if (f->info_open) return running(k, f->info_at, f->info_due);
        return was->state == CLOCK_RUNNING ? ended(none, f->info_answered ? f->info_answered : now_ms) : none;
    case CLOCK_SUBMIT:
        if (f->submitted) return was->state == CLOCK_RUNNING ? ended(none, f->submitted) : none;
        if (!f->required || !f->papers_complete) return stop(none, now_ms);
        return was->state == CLOCK_RUNNING ? none : running(k, f->papers_at, f->submit_due);
    case CLOCK_CORRECT:
        if (f->rejected) return was->state == CLOCK_RUNNING ? none : running(k, f->rejected_at, f->correct_due);
        return was->state == CLOCK_RUNNING ? ended(none, f->submitted > was->start ? f->submitted : now_ms) : none;
    case CLOCK_KIND_COUNT: break;
    }
    return none;
}
