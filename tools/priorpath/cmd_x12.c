/* priorpath x12: what is in an X12 file, for the person at the desk. check tells every finding on one line, show prints
 * the tree of loops, ack writes the 999 and TA1 that the file deserves. Files are read in pieces: a gigabyte needs no
 * more memory than a page. */
#include "cli.h"

#include "codec/x12_ack.h"
#include "codec/x12_check.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PIECE_BYTES (256 << 10)
#define FILES_MAX 1024
#define PROFILE_BYTES_MAX 65536
#define HELD_MAX 32
enum { UNREADABLE = 2 }; /* exit code, as CLI_USAGE */

#define KEY_PROFILE                                                                                                    \
    { "profile", PP_CFG_STR, 0, 900, "", "", "File with a partner's profile: lines NAME: warning, or NAME: off." }
#define KEY_GUIDE                                                                                                      \
    { "guide", PP_CFG_STR, 0, 15, "", "", "Judges by this guide (837p, 278-request, …), whatever ST03 says." }
#define KEY_REPAIR                                                                                                     \
    { "repair", PP_CFG_BOOL, 0, 0, "", "false", "Reads an ISA whose blanks were lost on the way." }
#define KEY_SNIP                                                                                                       \
    { "snip", PP_CFG_INT, 1, 7, "", "7", "Checks SNIP types up to this one." }

static const struct pp_config_key check_keys[] = {
    KEY_SNIP,
    KEY_PROFILE,
    KEY_GUIDE,
    KEY_REPAIR,
    {"findings-max", PP_CFG_INT, 1, 1000000, "", "200", "Findings told of one transaction; the rest is counted."},
    {"json", PP_CFG_BOOL, 0, 0, "", "false", "One JSON object a line: findings, verdicts, a summary a file."},
    {0},
};
static const struct pp_config_key show_keys[] = {
    KEY_GUIDE,
    KEY_REPAIR,
    {"mask", PP_CFG_BOOL, 0, 0, "", "false", "Letters become x, digits 9: the structure without the people."},
    {0},
};
static const struct pp_config_key ack_keys[] = {
    KEY_SNIP,
    KEY_PROFILE,
    KEY_GUIDE,
    KEY_REPAIR,
    {"control", PP_CFG_INT, 1, 999999999, "", "1", "Control number of the first interchange that is written."},
    {"ta1", PP_CFG_BOOL, 0, 0, "", "false", "Writes a TA1 also where the sender did not ask for one."},
    {0},
};

/* One run over one file. */
struct run {
    const struct pp_config *c;
    const char *file;
    bool json, mask;
    struct pp_x12_check *check;
    struct pp_x12_ack *ack;
    uint64_t errors, warnings, untold;
    uint32_t transactions, accepted;
    struct pp_x12_finding held[HELD_MAX]; /* show: printed below their segment */
    uint32_t held_n;
};

/* ---- words ---- */

static void json_text(const char *z) {
    putchar('"');
    for (; z && *z; z++) {
        if (*z == '"' || *z == '\\')
            printf("\\%c", *z);
        else if ((unsigned char)*z < 0x20)
            printf("\\u%04x", *z);
        else
            putchar(*z);
    }
    putchar('"');
}

static const char *outcome_word(enum pp_x12_outcome o) {
    static const char *const words[] = {"accepted", "accepted with errors noted", "partly accepted", "rejected"};
    return words[o];
}
static enum cli_tone outcome_tone(enum pp_x12_outcome o) {
    static const enum cli_tone tones[] = {CLI_GOOD, CLI_WARN, CLI_WARN, CLI_BAD};
    return tones[o];
}
static const char *class_word(enum pp_x12_class v) {
    static const char *const words[] = {"",           "missing",  "too-short", "too-long",
                                        "not-number", "not-date", "not-code",  "other"};
    return v < PP_X12_VALUE_COUNT ? words[v] : "";
}

static void place_text(const struct pp_x12_finding *f, char ret[48]) {
    int n = snprintf(ret, 48, "%s", f->segment);
    if (f->element) n += snprintf(ret + n, 48 - (size_t)n, "%02u", f->element);
    if (f->component) n += snprintf(ret + n, 48 - (size_t)n, "-%u", f->component);
    if (f->repetition > 1) snprintf(ret + n, 48 - (size_t)n, "(%u)", f->repetition);
}

static void level_text(const struct pp_x12_pos *p, char ret[40]) {
    if (p->transaction)
        snprintf(ret, 40, "%u.%u.%u", p->interchange, p->group, p->transaction);
    else if (p->group)
        snprintf(ret, 40, "%u.%u", p->interchange, p->group);
    else
        snprintf(ret, 40, "%u", p->interchange);
}

/* ---- check ---- */

static void say_finding(const struct run *r, const struct pp_x12_finding *f) {
    char place[48], level[40];
    place_text(f, place);
    level_text(&f->pos, level);
    bool error = f->severity == PP_X12_ERROR;
    printf("%s:%s %s%s%s %s", r->file, level, cli_tone(error ? CLI_BAD : CLI_WARN), error ? "error" : "warning",
           cli_tone(CLI_PLAIN), f->pos.segment ? "segment " : "");
    if (f->pos.segment) printf("%u ", f->pos.segment);
    if (f->loop[0]) printf("loop %s ", f->loop);
    printf("%s%s%s%s: %s", cli_tone(CLI_BOLD), place, cli_tone(CLI_PLAIN), place[0] ? "" : "file", f->text);
    if (f->said >= 0 && f->counted >= 0) printf(" (says %" PRId64 ", counted %" PRId64 ")", f->said, f->counted);
    if (f->guide_words && f->guide_words[0]) printf(" — %s", f->guide_words);
    if (f->trigger.segment[0]) {
        printf(", because of %s", f->trigger.segment);
        if (f->trigger.element) printf("%02u", f->trigger.element);
        printf(" at segment %u", f->trigger.position);
    }
    printf(" %s[snip %u, %s, byte %" PRIu64 "]%s\n", cli_tone(CLI_DIM), f->snip, f->name ? f->name : "?", f->pos.offset,
           cli_tone(CLI_PLAIN));
}

static void json_finding(const struct run *r, const struct pp_x12_finding *f) {
    printf("{\"type\":\"finding\",\"file\":");
    json_text(r->file);
    printf(",\"severity\":\"%s\",\"snip\":%u,\"name\":\"%s\",\"interchange\":%u,\"group\":%u,\"transaction\":%u,"
           "\"segment_no\":%u,\"byte\":%" PRIu64 ",\"loop\":\"%s\",\"segment\":\"%s\",\"element\":%u,\"component\":%u,"
           "\"repetition\":%u,\"data_element\":%u,\"value\":\"%s\",\"ik304\":\"%s\",\"ik403\":\"%s\",\"text\":",
           f->severity == PP_X12_ERROR ? "error" : "warning", f->snip, f->name ? f->name : "", f->pos.interchange,
           f->pos.group, f->pos.transaction, f->pos.segment, f->pos.offset, f->loop, f->segment, f->element,
           f->component, f->repetition, f->data_element, class_word(f->value), f->ik304, f->ik403);
    json_text(f->text);
    if (f->guide_words) {
        printf(",\"place\":");
        json_text(f->guide_words);
    }
    if (f->said >= 0) printf(",\"said\":%" PRId64, f->said);
    if (f->counted >= 0) printf(",\"counted\":%" PRId64, f->counted);
    if (f->trigger.segment[0])
        printf(",\"trigger\":{\"segment\":\"%s\",\"segment_no\":%u,\"element\":%u,\"component\":%u}",
               f->trigger.segment, f->trigger.position, f->trigger.element, f->trigger.component);
    printf("}\n");
}

static void on_finding(void *user, const struct pp_x12_finding *f, const struct pp_x12_event *e) {
    struct run *r = user;
    (void)e;
    *(f->severity == PP_X12_ERROR ? &r->errors : &r->warnings) += 1;
    if (r->ack) pp_x12_ack_finding(r->ack, f);
    if (r->ack) return;
    if (r->json)
        json_finding(r, f);
    else
        say_finding(r, f);
}

static void say_verdict(const struct run *r, const struct pp_x12_verdict *v) {
    char level[40];
    if (v->of != PP_X12_OF_TRANSACTION) return;
    level_text(&v->pos, level);
    printf("%s:%s %s%s%s: %s %s, %s, %u segments", r->file, level, cli_tone(outcome_tone(v->outcome)),
           outcome_word(v->outcome), cli_tone(CLI_PLAIN), v->envelope->st01, v->envelope->st02,
           v->guide ? v->guide->name : "no guide known here", v->segments_n);
    if (v->guide && !v->guide->full) printf(" (integrity only)");
    if (v->errors_n) printf("; %u %s", v->errors_n, v->errors_n == 1 ? "error" : "errors");
    if (v->warnings_n) printf("; %u %s", v->warnings_n, v->warnings_n == 1 ? "warning" : "warnings");
    if (v->untold_n) printf("; %u findings not told", v->untold_n);
    putchar('\n');
}

static void json_verdict(const struct run *r, const struct pp_x12_verdict *v) {
    static const char *const of[] = {"transaction", "group", "interchange"};
    const char *control = v->of == PP_X12_OF_TRANSACTION ? v->envelope->st02
                          : v->of == PP_X12_OF_GROUP     ? v->envelope->gs06
                                                         : v->envelope->isa13;
    printf("{\"type\":\"%s\",\"file\":", of[v->of]);
    json_text(r->file);
    printf(",\"interchange\":%u,\"group\":%u,\"transaction\":%u,\"control\":", v->pos.interchange, v->pos.group,
           v->pos.transaction);
    json_text(control);
    printf(",\"outcome\":\"%s\",\"errors\":%u,\"warnings\":%u,\"not_told\":%u", outcome_word(v->outcome), v->errors_n,
           v->warnings_n, v->untold_n);
    if (v->of == PP_X12_OF_TRANSACTION)
        printf(",\"guide\":\"%s\",\"full\":%s,\"segments\":%u", v->guide ? v->guide->name : "",
               v->guide && v->guide->full ? "true" : "false", v->segments_n);
    else
        printf(",\"transactions\":%u,\"accepted\":%u", v->transactions_n, v->accepted_n);
    printf("}\n");
}

static void on_verdict(void *user, const struct pp_x12_verdict *v) {
    struct run *r = user;
    r->untold += v->untold_n;
    if (v->of == PP_X12_OF_TRANSACTION) {
        r->transactions++;
        r->accepted += v->outcome != PP_X12_REJECTED;
    }
    /* findings that were not told are errors all the same */
    if (v->untold_n && v->outcome == PP_X12_REJECTED) r->errors++;
    if (r->ack) return;
    if (r->json)
        json_verdict(r, v);
    else
        say_verdict(r, v);
}

static void say_summary(const struct run *r) {
    if (r->json) {
        printf("{\"type\":\"summary\",\"file\":");
        json_text(r->file);
        printf(",\"transactions\":%u,\"accepted\":%u,\"errors\":%" PRIu64 ",\"warnings\":%" PRIu64 "}\n",
               r->transactions, r->accepted, r->errors, r->warnings);
        return;
    }
    printf("%s: %s%u of %u transactions accepted%s, errors %" PRIu64 ", warnings %" PRIu64 "\n", r->file,
           cli_tone(r->errors ? CLI_BAD : CLI_GOOD), r->accepted, r->transactions, cli_tone(CLI_PLAIN), r->errors,
           r->warnings);
}

/* ---- show ---- */

static void hold_finding(void *user, const struct pp_x12_finding *f, const struct pp_x12_event *e) {
    struct run *r = user;
    (void)e;
    r->errors += f->severity == PP_X12_ERROR;
    if (r->held_n < HELD_MAX) r->held[r->held_n++] = *f;
}

static void show_findings(struct run *r, uint32_t segment) {
    for (uint32_t i = 0; i < r->held_n; i++) {
        const struct pp_x12_finding *f = &r->held[i];
        char place[48];
        place_text(f, place);
        printf("%s      ! %s%s%s", cli_tone(f->severity == PP_X12_ERROR ? CLI_BAD : CLI_WARN), f->loop,
               f->loop[0] ? " " : "", place[0] ? place : "file");
        if (f->pos.segment && f->pos.segment != segment) printf(" at segment %u", f->pos.segment);
        printf(": %s%s\n", f->text, cli_tone(CLI_PLAIN));
    }
    r->held_n = 0;
}

static void show_bytes(const struct run *r, struct pp_str raw, uint32_t keep) {
    struct pp_buf b;
    pp_buf_init(&b, 2 * PP_X12_SEGMENT_MAX);
    if (r->mask && raw.n > keep) {
        pp_buf_add(&b, raw.s, keep);
        cli_mask((struct pp_str){raw.s + keep, raw.n - keep}, &b);
        raw = pp_buf_str(&b);
    }
    fwrite(raw.s, 1, raw.n, stdout);
    pp_buf_free(&b);
}

/* Codes whose meaning we know, in words. */
static void show_words(const struct pp_x12_seg *s, const struct pp_x12_form *form) {
    for (unsigned i = 1; form && i <= s->n && i <= form->n; i++) {
        const struct pp_x12_el_use *u = &form->el[i - 1];
        if (u->look != PP_X12_LOOK_CODES) continue;
        const char *words = pp_x12_codes_words(u->codes, pp_x12_rep(s, pp_x12_el(s, i), 1));
        if (words) printf(", %02u %s", i, words);
    }
}

static void show_segment(struct run *r, const struct pp_x12_event *e) {
    const struct pp_x12_place *p = pp_x12_check_place(r->check);
    bool body = e->role == PP_X12_BODY || e->role == PP_X12_ST || e->role == PP_X12_SE;
    const struct pp_x12_use *use = body ? p->use : NULL;
    unsigned depth = body && p->depth ? p->depth - 1 : 0;
    if (use && use->opens != PP_X12_GUIDE_NONE && depth) {
        const struct pp_x12_loop *loop = p->path[depth].loop;
        printf("%*s%s%s %s%s", (int)(6 + 2 * depth), "", cli_tone(CLI_BOLD), loop->id, loop->name, cli_tone(CLI_PLAIN));
        if (p->path[depth].instance > 1) printf(" #%u", p->path[depth].instance);
        putchar('\n');
    }
    if (e->pos.segment)
        printf("%s%5u%s ", cli_tone(CLI_DIM), e->pos.segment, cli_tone(CLI_PLAIN));
    else
        printf("      ");
    printf("%*s", (int)(2 * (depth + (depth > 0))), "");
    show_bytes(r, e->seg->raw, e->seg->id.n);
    if (e->seg->binary_n) printf(" (%" PRIu64 " bytes)", e->seg->binary_n);
    if (use) {
        printf("%s  %s", cli_tone(CLI_DIM), use->opens == PP_X12_GUIDE_NONE ? use->name : "");
        if (!r->mask) show_words(e->seg, use->form);
        printf("%s", cli_tone(CLI_PLAIN));
    }
    putchar('\n');
}

/* ---- files ---- */

static void take_event(struct run *r, const struct pp_x12_reader *reader, const struct pp_x12_event *e, bool show) {
    pp_x12_check_event(r->check, reader, e);
    if (r->ack) pp_x12_ack_event(r->ack, reader, e);
    if (!show) return;
    if (e->what == PP_X12_SEGMENT) show_segment(r, e);
    show_findings(r, e->pos.segment);
}

static int read_file(struct run *r, FILE *f, bool show, struct pp_err *err) {
    struct pp_x12_opts opts = {.repair = pp_config_bool(r->c, "repair")};
    struct pp_x12_reader *reader = pp_x12_open(&opts);
    struct pp_x12_event e;
    char *piece = malloc(PIECE_BYTES);
    size_t n;
    if (!reader || !piece) {
        pp_x12_close(reader);
        free(piece);
        return pp_err_set(err, PP_ERR_NOMEM, "no memory");
    }
    while ((n = fread(piece, 1, PIECE_BYTES, f)) > 0) {
        for (size_t i = 0; i < n;) {
            i += pp_x12_feed(reader, piece + i, n - i, &e);
            take_event(r, reader, &e, show);
        }
    }
    do {
        pp_x12_finish(reader, &e);
        take_event(r, reader, &e, show);
    } while (e.what != PP_X12_NOTHING);
    pp_x12_close(reader);
    free(piece);
    return ferror(f) ? pp_err_set(err, PP_ERR_IO, "%s: cannot be read", r->file) : 0;
}

static int load_profile(const char *path, struct pp_x12_profile *ret, struct pp_err *err) {
    struct pp_buf b = {0};
    if (!path[0]) return 0;
    if (cli_read_file(path, PROFILE_BYTES_MAX, &b, err) < 0) return -1;
    int rc = pp_x12_profile_parse(ret, pp_buf_str(&b), err);
    pp_buf_free(&b);
    return rc < 0 ? pp_err_wrap(err, "%s", path) : 0;
}

enum verb { CHECK, SHOW, ACK };

static int one_file(struct run *r, enum verb verb, const struct pp_x12_profile *profile, struct pp_err *err) {
    const char *guide = pp_config_str(r->c, "guide");
    struct pp_x12_check_handlers h = {on_finding, on_verdict, r};
    struct pp_x12_check_opts opts = {.guide = guide[0] ? guide : NULL};
    if (verb == SHOW) {
        h = (struct pp_x12_check_handlers){hold_finding, NULL, r};
    } else {
        opts.snip_max = (uint8_t)pp_config_int(r->c, "snip");
        opts.profile = profile;
        if (verb == CHECK) opts.findings_max = (uint32_t)pp_config_int(r->c, "findings-max");
    }
    if (guide[0] && !pp_x12_guide_named(guide)) return pp_err_set(err, PP_ERR_INVALID, "there is no guide %s", guide);
    FILE *f = strcmp(r->file, "-") == 0 ? stdin : fopen(r->file, "rbe");
    if (!f) return pp_err_set(err, PP_ERR_IO, "%s: %s", r->file, strerror(errno));
    r->check = pp_x12_check_open(&opts, &h);
    int rc = r->check ? read_file(r, f, verb == SHOW, err) : pp_err_set(err, PP_ERR_NOMEM, "no memory");
    pp_x12_check_close(r->check);
    r->check = NULL;
    if (f != stdin) fclose(f);
    return rc;
}

static int ack_file(struct run *r, const struct pp_x12_profile *profile, struct pp_err *err) {
    struct pp_buf out;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    struct pp_ack_opts opts = {.ta1_always = pp_config_bool(r->c, "ta1"),
                               .sending = {.control = (uint32_t)pp_config_int(r->c, "control"),
                                           .at = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000}};
    pp_buf_init(&out, PP_ACK_BYTES_MAX);
    r->ack = pp_x12_ack_open(&opts, &out);
    int rc = r->ack ? one_file(r, ACK, profile, err) : pp_err_set(err, PP_ERR_NOMEM, "no memory");
    if (rc == 0) rc = pp_x12_ack_end(r->ack, err);
    if (rc == 0) fwrite(out.p, 1, out.n, stdout);
    pp_x12_ack_close(r->ack);
    r->ack = NULL;
    pp_buf_free(&out);
    return rc;
}

/* As cli_verb, and "-" for the standard input. */
static const char *next_file(int *argc, char ***argv) {
    if (*argc < 2 || strcmp((*argv)[1], "-") != 0) return cli_verb(argc, argv);
    (*argv)++;
    (*argc)--;
    return (*argv)[0];
}

int cmd_x12(int argc, char **argv) {
    static const char *const programs[] = {"priorpath x12 check FILE…", "priorpath x12 show FILE…",
                                           "priorpath x12 ack FILE"};
    static const struct pp_config_key *const keys[] = {check_keys, show_keys, ack_keys};
    struct pp_err err = {0};
    struct pp_config *c;
    const char *files[FILES_MAX], *word = cli_verb(&argc, &argv);
    int n = 0, rc = 0;
    enum verb verb = word && strcmp(word, "show") == 0 ? SHOW : word && strcmp(word, "ack") == 0 ? ACK : CHECK;
    if (!word || (verb == CHECK && strcmp(word, "check") != 0)) {
        fprintf(stderr, "priorpath x12: check FILE…, show FILE… or ack FILE\n");
        return CLI_USAGE;
    }
    for (const char *f; n < FILES_MAX && (f = next_file(&argc, &argv));) files[n++] = f;
    cli_settings(programs[verb], keys[verb], argc, argv, &c);
    struct pp_x12_profile profile = {0};
    if (n == 0 || (verb == ACK && n > 1))
        rc = pp_err_set(&err, PP_ERR_INVALID, "which file? Files come first, then settings: %s --json", programs[verb]);
    if (rc == 0 && verb != SHOW) rc = load_profile(pp_config_str(c, "profile"), &profile, &err);
    bool errors = false;
    for (int i = 0; i < n && rc == 0; i++) {
        struct run r = {.c = c, .file = files[i]};
        if (verb == CHECK) r.json = pp_config_bool(c, "json");
        if (verb == SHOW) r.mask = pp_config_bool(c, "mask");
        rc = verb == ACK ? ack_file(&r, &profile, &err) : one_file(&r, verb, &profile, &err);
        if (rc == 0 && verb == CHECK) say_summary(&r);
        errors = errors || r.errors;
    }
    pp_config_free(c);
    if (rc < 0) {
        cli_fail("x12", &err);
        return UNREADABLE;
    }
    return errors ? CLI_FAILED : CLI_OK;
}
