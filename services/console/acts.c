#include "acts.h"

#define STAFF "registration,ordering,pa,clinician,scheduler,biller,lead"

static const struct console_act acts[] = {
    {"task.assign", CONSOLE_STATUS, "task_id", STAFF, CONSOLE_UNDO_ASSIGN},
    {"task.snooze", CONSOLE_STATUS, "task_id", STAFF, CONSOLE_UNDO_WAKE},
    {"note.add", CONSOLE_STATUS, "case_id", STAFF, CONSOLE_UNDO_NONE},
    {"line.map-code", CONSOLE_CHART, "case_id", "ordering,pa,lead", CONSOLE_UNDO_STOP},
    {"line.drop", CONSOLE_CHART, "case_id", "ordering,clinician,pa,lead", CONSOLE_UNDO_STOP},
    {"merge.settle", CONSOLE_CHART, "case_id", "registration,pa,lead", CONSOLE_UNDO_STOP},
    {"requirement.decide", CONSOLE_REQUIREMENTS, "case_id", "pa,lead", CONSOLE_UNDO_STOP},
    {"item.settle", CONSOLE_DOCUMENTS, "case_id", "pa,clinician,lead", CONSOLE_UNDO_STOP},
    {"packet.release", CONSOLE_DOCUMENTS, "case_id", "pa,clinician,lead", CONSOLE_UNDO_STOP},
    {"decision.record", CONSOLE_SUBMISSION, "case_id", "pa,lead", CONSOLE_UNDO_STOP},
    {"decision.accept", CONSOLE_SUBMISSION, "case_id", "clinician,lead", CONSOLE_UNDO_STOP},
    {"request.resend", CONSOLE_SUBMISSION, "case_id", "pa,lead", CONSOLE_UNDO_STOP},
    {"request.extend", CONSOLE_SUBMISSION, "case_id", "pa,lead", CONSOLE_UNDO_STOP},
    {"request.cancel", CONSOLE_SUBMISSION, "case_id", "pa,lead", CONSOLE_UNDO_STOP},
    {"claim.release", CONSOLE_CLAIMS, "claim_id", "biller,lead", CONSOLE_UNDO_STOP},
    {"claim.appeal", CONSOLE_CLAIMS, "claim_id", "biller,lead", CONSOLE_UNDO_STOP},
    {"claim.write-off", CONSOLE_CLAIMS, "claim_id", "biller,lead", CONSOLE_UNDO_STOP},
};

const struct console_act *console_acts(int *ret_n) {
    *ret_n = sizeof acts / sizeof acts[0];
    return acts;
}

const struct console_act *console_act_find(struct pp_str type) {
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++)
        if (pp_str_eqz(type, acts[i].type)) return &acts[i];
    return NULL;
}

/* Segments of a pattern; "*" stands for one of any text. */
struct read {
    const char *pattern;
    enum console_service owner;
};
static const struct read reads[] = {
    {"worklist", CONSOLE_STATUS},
    {"views/counts", CONSOLE_STATUS},
    {"cases", CONSOLE_STATUS},
    {"cases/*", CONSOLE_STATUS},
    {"cases/*/timeline", CONSOLE_STATUS},
    {"readiness/matrix", CONSOLE_STATUS},
    {"readiness/appointments", CONSOLE_STATUS},
    {"tasks", CONSOLE_STATUS},
    {"tasks/*", CONSOLE_STATUS},
    {"quarantine", CONSOLE_STATUS},
    {"cases/*/checklist", CONSOLE_DOCUMENTS},
    {"documents/*", CONSOLE_DOCUMENTS},
    {"cases/*/submissions", CONSOLE_SUBMISSION},
    {"submissions/*", CONSOLE_SUBMISSION},
    {"cases/*/requirements", CONSOLE_REQUIREMENTS},
    {"proofs/*", CONSOLE_REQUIREMENTS},
    {"claims/holds", CONSOLE_CLAIMS},
    {"claims", CONSOLE_CLAIMS},
    {"claims/*", CONSOLE_CLAIMS},
    {"claims/*/comparison", CONSOLE_CLAIMS},
    {"cases/*/chart", CONSOLE_CHART},
    {"orders/*", CONSOLE_CHART},
    {"unmatched-visits", CONSOLE_CHART},
};

static bool fits(const char *pattern, struct pp_str path) {
    struct pp_str p = pp_str_z(pattern);
    while (p.n && path.n) {
        struct pp_str want = pp_str_split(&p, '/'), have = pp_str_split(&path, '/');
        if (have.n == 0 || (!pp_str_eqz(want, "*") && !pp_str_eq(want, have))) return false;
    }
    return p.n == 0 && path.n == 0;
}

bool console_read_owner(struct pp_str path, enum console_service *ret_owner, struct pp_str *ret_path) {
    if (pp_str_ends(path, PP_STR("/"))) return false;
    for (size_t i = 0; i < sizeof reads / sizeof reads[0]; i++) {
        if (!fits(reads[i].pattern, path)) continue;
        *ret_owner = reads[i].owner;
        *ret_path = path;
        if (pp_str_ends(path, PP_STR("/chart"))) ret_path->n -= 6;
        return true;
    }
    return false;
}

size_t console_url_escape(struct pp_str v, char *ret, size_t ret_n) {
    static const char hex[] = "0123456789ABCDEF";
    size_t n = 0;
    for (uint32_t i = 0; i < v.n; i++) {
        unsigned char c = (unsigned char)v.s[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                     c == '.' || c == '_' || c == '~';
        if (n + (plain ? 1 : 3) >= ret_n) return 0;
        if (plain) {
            ret[n++] = (char)c;
        } else {
            ret[n++] = '%';
            ret[n++] = hex[c >> 4];
            ret[n++] = hex[c & 15];
        }
    }
    ret[n] = 0;
    return n;
}

bool console_roles_meet(const char *have, const char *wanted) {
    struct pp_str h = pp_str_z(have);
    while (h.n) {
        struct pp_str one = pp_str_trim(pp_str_split(&h, ',')), w = pp_str_z(wanted);
        while (w.n)
            if (one.n && pp_str_eq(one, pp_str_trim(pp_str_split(&w, ',')))) return true;
    }
    return false;
}
