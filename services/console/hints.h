/* What changed, newest last: a ring of hints that streams are fed from and that a stream which was cut off resumes
 * from.
 *
 * A hint says that the thing `id` has a version `v`; the page reads again what it shows. Ids are opaque: a hint holds
 * nothing about a person. A hint belongs to a tenant and, where the thing has one, to a site. Pure. */
#ifndef CONSOLE_HINTS_H
#define CONSOLE_HINTS_H
#include "base/buf.h"
#include "base/uuid.h"

#define CONSOLE_RING 4096
#define CONSOLE_TENANT_MAX 32
#define CONSOLE_SITE_MAX 40

enum console_kind { CONSOLE_CASE, CONSOLE_TASK, CONSOLE_VISIT, CONSOLE_CLAIM, CONSOLE_KINDS };

struct console_hint {
    uint64_t seq; /* 1, 2, … */
    enum console_kind kind;
    bool gone;                  /* taken back */
    struct pp_uuid id, case_id; /* case_id: none when the thing belongs to no case */
    int64_t version;
    char tenant[CONSOLE_TENANT_MAX + 1], site[CONSOLE_SITE_MAX + 1];
};
struct console_ring {
    struct console_hint *slots; /* CONSOLE_RING */
    uint64_t last;              /* seq of the newest; 0 none */
};

bool console_ring_init(struct console_ring *r);
void console_ring_free(struct console_ring *r);
/* Takes a copy and gives it its number; returns the one in the ring. */
const struct console_hint *console_ring_add(struct console_ring *r, const struct console_hint *h);
/* NULL when it is not, or no longer, there. */
const struct console_hint *console_ring_get(const struct console_ring *r, uint64_t seq);
/* May a person of this tenant, with these sites ("lks,nor", "*"), hear of it? */
bool console_hint_for(const struct console_hint *h, const char *tenant, const char *sites);
/* One event in the text of server-sent events, with its id "epoch-seq". */
void console_hint_text(const struct console_hint *h, uint64_t epoch, struct pp_buf *b);
/* From which number a stream goes on. text: Last-Event-ID. False: it cannot, the page must read everything again. */
bool console_ring_resume(const struct console_ring *r, struct pp_str text, uint64_t epoch, uint64_t *ret_next);

#endif
