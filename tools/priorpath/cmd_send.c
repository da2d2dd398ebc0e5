/* priorpath send: gives files to the front door as a sender would. HL7 v2 goes by MLLP, one message at a time, each
 * waiting for its answer; FHIR and X12 go by HTTP; --drop lays the file into the drop folder. */
#include "cli.h"

#include "codec/hl7_ack.h"
#include "codec/hl7_batch.h"
#include "io/auth.h"
#include "io/clock.h"
#include "mllp_client.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#define FILE_BYTES_MAX ((size_t)64 << 20)
#define ANSWER_BYTES_MAX (1 << 20)
#define ARENA_MAX ((size_t)256 << 20)
#define ISA_MIN 106

static const struct pp_config_key keys[] = {
    {"mllp", PP_CFG_STR, 0, 255, "", "", "Sends by MLLP to this host:port. Without it HL7 goes to mllp-address."},
    {"mllp-address", PP_CFG_STR, 1, 255, "", "127.0.0.1:2575", "Where the front door listens for HL7."},
    {"http", PP_CFG_BOOL, 0, 0, "", "false", "Sends by HTTP, also HL7."},
    {"intake-url", PP_CFG_STR, 1, 255, "", "http://127.0.0.1:7100", "Front door's HTTP address."},
    {"drop", PP_CFG_BOOL, 0, 0, "", "false", "Lays the files into the drop folder instead."},
    {"drop-dir", PP_CFG_STR, 1, 900, "", ".run/drop", "Drop folder; the files go below it to <tenant>/<sub>/."},
    {"secrets-dir", PP_CFG_STR, 1, 900, "", ".run/secrets",
     "Folder of the development issuer's key, which signs the token for HTTP."},
    {"token-issuer", PP_CFG_STR, 1, 256, "", "priorpath-dev", "Issuer (iss) that the door expects."},
    {"token", PP_CFG_STR, 0, 8000, "", "", "Token for HTTP instead of one of the development issuer."},
    CLI_KEY_TENANT,
    {"sub", PP_CFG_STR, 1, 64, "", "ehr", "Partner that sends, for HTTP and drop folder."},
    {"timeout-s", PP_CFG_INT, 1, 600, "s", "15", "How long to wait for an answer."},
    {0},
};

struct sender {
    const struct pp_config *c;
    struct cli_mllp mllp;
    struct pp_arena a;
    char token[PP_AUTH_TOKEN_BYTES_MAX];
    int sent, refused;
};

/* ---- MLLP ---- */

static const char *meaning(struct pp_str code) {
    static const char *const words[][2] = {{"AA", "accepted"},
                                           {"CA", "accepted and stored"},
                                           {"AE", "not accepted, an error in it"},
                                           {"CE", "not stored, an error"},
                                           {"AR", "rejected"},
                                           {"CR", "rejected, not stored"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (pp_str_eqz(code, words[i][0])) return words[i][1];
    return "an answer without a known code";
}

static void say_answer(struct sender *s, struct pp_str message, struct pp_str answer, const char *file,
                       uint32_t number) {
    struct pp_hl7_msg ours, theirs;
    struct pp_hl7_msh msh = {0};
    struct pp_hl7_answer a = {0};
    struct pp_err err;
    if (pp_hl7_parse(message, NULL, &s->a, &ours, &err) == 0) (void)pp_hl7_read_msh(&ours, &msh, &err);
    if (pp_hl7_parse(answer, NULL, &s->a, &theirs, &err) < 0 || pp_hl7_read_answer(&theirs, &a, &err) < 0) {
        printf("%s #%u: the answer is not understood: %s\n", file, number, err.msg);
        s->refused++;
        return;
    }
    bool good = a.code.n == 2 && a.code.s[1] == 'A';
    if (!good) s->refused++;
    printf("%s #%u  %.*s  %s%.*s, %s%s%s%.*s%s%.*s\n", file, number, PP_FMT(a.control_id),
           cli_tone(good ? CLI_GOOD : CLI_BAD), PP_FMT(a.code), meaning(a.code), cli_tone(CLI_PLAIN),
           a.text.n ? ": " : "", PP_FMT(a.text), a.error_code.n ? " " : "", PP_FMT(a.error_code));
}

static int send_mllp(struct sender *s, struct pp_str message, const char *file, uint32_t number, struct pp_err *err) {
    struct pp_str answer = PP_STR_NONE;
    pp_arena_reset(&s->a);
    if (cli_mllp_send(&s->mllp, message, err) < 0) return pp_err_wrap(err, "is the front door up? (priorpath status)");
    if (cli_mllp_answer(&s->mllp, &s->a, &answer, err) < 0) return -1;
    s->sent++;
    say_answer(s, message, answer, file, number);
    return 0;
}

/* ---- HTTP ---- */

static int need_token(struct sender *s, struct pp_err *err) {
    char key[1024];
    if (s->token[0]) return 0;
    if (*pp_config_str(s->c, "token")) {
        snprintf(s->token, sizeof s->token, "%s", pp_config_str(s->c, "token"));
        return 0;
    }
    struct pp_auth_claims claims = {.issuer = pp_config_str(s->c, "token-issuer"),
                                    .tenant = pp_config_str(s->c, "tenant"),
                                    .subject = pp_config_str(s->c, "sub"),
                                    .roles = "client",
                                    .sites = "*"};
    snprintf(key, sizeof key, "%s/%s", pp_config_str(s->c, "secrets-dir"), PP_AUTH_DEV_KEY);
    if (pp_auth_dev_token(key, &claims, pp_real_ms(), 3600, s->token, sizeof s->token, err) == 0) return 0;
    return pp_err_wrap(err, "a token is needed for HTTP (--token, or an installation with a development issuer)");
}

static int send_http(struct sender *s, struct pp_str body, const char *type, const char *file, uint32_t number,
                     struct pp_err *err) {
    char url[400];
    struct pp_buf answer;
    int status = 0;
    if (need_token(s, err) < 0) return -1;
    snprintf(url, sizeof url, "%s/v1/messages", pp_config_str(s->c, "intake-url"));
    pp_buf_init(&answer, ANSWER_BYTES_MAX);
    int rc = cli_http_post(url, type, s->token, body, &status, &answer, err);
    if (rc == 0) {
        bool good = status >= 200 && status < 300;
        s->sent++;
        s->refused += !good;
        printf("%s #%u  %s%d %s%s %.*s\n", file, number, cli_tone(good ? CLI_GOOD : CLI_BAD), status,
               good ? "stored" : "refused", cli_tone(CLI_PLAIN),
               PP_FMT(pp_str_trim(pp_str_cut(pp_buf_str(&answer), 600))));
    } else {
        pp_err_wrap(err, "%s", url);
    }
    pp_buf_free(&answer);
    return rc;
}

/* ---- splitting ---- */

static int send_hl7(struct sender *s, struct pp_str text, const char *file, struct pp_err *err) {
    struct pp_hl7_batch b;
    struct pp_hl7_batch_item it;
    int rc = 0;
    pp_hl7_batch_init(&b, text);
    for (pp_hl7_batch_next(&b, &it); rc == 0 && it.what != PP_HL7_BATCH_DONE; pp_hl7_batch_next(&b, &it)) {
        if (it.what == PP_HL7_BATCH_NOISE)
            printf("%s, byte %u: %u bytes that belong to no message are left out\n", file, it.offset, it.bytes.n);
        if (it.what == PP_HL7_BATCH_FAULT) printf("%s, byte %u: %s\n", file, it.offset, it.text);
        if (it.what != PP_HL7_BATCH_MESSAGE) continue;
        rc = pp_config_bool(s->c, "http") ? send_http(s, it.bytes, "application/hl7-v2", file, it.number, err)
                                          : send_mllp(s, it.bytes, file, it.number, err);
    }
    return rc;
}

/* Interchanges stand one behind the other: ISA … IEA and its segment end. */
static int send_x12(struct sender *s, struct pp_str text, const char *file, struct pp_err *err) {
    int rc = 0;
    for (uint32_t number = 1; rc == 0 && text.n; number++) {
        uint32_t n = text.n;
        if (text.n >= ISA_MIN) {
            char mark[6] = {text.s[ISA_MIN - 1], '\n', 0};
            for (uint32_t i = ISA_MIN; i + 4 < text.n; i++) {
                bool after_end = text.s[i - 1] == mark[0] || text.s[i - 1] == '\n' || text.s[i - 1] == '\r';
                if (!after_end || memcmp(text.s + i, "ISA", 3) != 0 || text.s[i + 3] != text.s[3]) continue;
                n = i;
                break;
            }
        }
        rc = send_http(s, pp_str_trim((struct pp_str){text.s, n}), "application/edi-x12", file, number, err);
        text = pp_str_trim((struct pp_str){text.s + n, text.n - n});
    }
    return rc;
}

/* One resource or bundle, an array of them, or several one behind the other (NDJSON). The bytes of a single one are
 * sent as they are. */
static int send_fhir(struct sender *s, struct pp_str text, const char *file, struct pp_err *err) {
    int rc = 0;
    for (uint32_t number = 1; rc == 0 && text.n; number++) {
        json_error_t e;
        json_t *j = json_loadb(text.s, text.n, JSON_DISABLE_EOF_CHECK, &e);
        if (!j)
            return pp_err_set(err, PP_ERR_INVALID, "%s: no JSON at line %d, column %d of part %u: %s", file, e.line,
                              e.column, number, e.text);
        bool array = json_is_array(j);
        size_t i;
        json_t *part;
        json_array_foreach(j, i, part) {
            char *one = rc == 0 ? json_dumps(part, JSON_COMPACT) : NULL;
            if (one) rc = send_http(s, pp_str_z(one), "application/fhir+json", file, (uint32_t)i + 1, err);
            free(one);
        }
        json_decref(j);
        if (!array)
            rc =
                send_http(s, (struct pp_str){text.s, (uint32_t)e.position}, "application/fhir+json", file, number, err);
        text = pp_str_trim((struct pp_str){text.s + e.position, text.n - (uint32_t)e.position});
    }
    return rc;
}

static int drop_file(struct sender *s, struct pp_str text, const char *file, struct pp_err *err) {
    char path[2048], hidden[2048];
    const char *base = strrchr(file, '/');
    base = base ? base + 1 : file;
    const char *dir = pp_config_str(s->c, "drop-dir"), *tenant = pp_config_str(s->c, "tenant"),
               *sub = pp_config_str(s->c, "sub");
    snprintf(path, sizeof path, "%s/%s/%s/%s", dir, tenant, sub, base);
    snprintf(hidden, sizeof hidden, "%s/%s/%s/.%s.part", dir, tenant, sub, base);
    FILE *f = fopen(hidden, "we");
    if (!f)
        return pp_err_set(err, PP_ERR_IO, "%s: %s; the folder <drop-dir>/<tenant>/<sub> must be there", hidden,
                          strerror(errno));
    bool good = fwrite(text.s, 1, text.n, f) == text.n;
    good = fclose(f) == 0 && good;
    /* Under its name only when it is whole. */
    if (!good || rename(hidden, path) < 0) return pp_err_set(err, PP_ERR_IO, "%s: %s", path, strerror(errno));
    printf("%s  laid down; taken it moves to done/, refused to refused/ with a reason beside it\n", path);
    s->sent++;
    return 0;
}

static int send_file(struct sender *s, const char *file, struct pp_err *err) {
    struct pp_buf b = {0};
    int rc = cli_read_file(file, FILE_BYTES_MAX, &b, err);
    struct pp_str text = pp_buf_str(&b), head = pp_str_trim(text);
    while (head.n && (head.s[0] == PP_MLLP_VT || head.s[0] == PP_MLLP_FS))
        head = pp_str_trim((struct pp_str){head.s + 1, head.n - 1});
    if (rc == 0 && pp_config_bool(s->c, "drop"))
        rc = drop_file(s, text, file, err);
    else if (rc == 0 && (pp_str_starts(head, PP_STR("MSH")) || pp_str_starts(head, PP_STR("FHS")) ||
                         pp_str_starts(head, PP_STR("BHS"))))
        rc = send_hl7(s, text, file, err);
    else if (rc == 0 && pp_str_starts(head, PP_STR("ISA")))
        rc = send_x12(s, head, file, err);
    else if (rc == 0 && head.n && (head.s[0] == '{' || head.s[0] == '['))
        rc = send_fhir(s, head, file, err);
    else if (rc == 0 && *pp_config_str(s->c, "mllp"))
        rc = send_mllp(s, text, file, 1, err); /* on purpose: what does the door say? */
    else if (rc == 0)
        rc = pp_err_set(err, PP_ERR_INVALID, "%s: neither HL7 v2 (MSH, FHS, BHS), X12 (ISA) nor FHIR JSON", file);
    pp_buf_free(&b);
    return rc;
}

int cmd_send(int argc, char **argv) {
    struct pp_config *c;
    struct pp_err err = {0};
    const char *files[1024];
    int n = 0, rc = 0;
    for (const char *f; n < 1024 && (f = cli_verb(&argc, &argv));) files[n++] = f;
    cli_settings("priorpath send FILE…", keys, argc, argv, &c);
    struct sender s = {.c = c};
    const char *to = pp_config_str(c, "mllp");
    cli_mllp_init(&s.mllp, *to ? to : pp_config_str(c, "mllp-address"), (int)pp_config_int(c, "timeout-s"));
    pp_arena_init(&s.a, ARENA_MAX);
    if (n == 0)
        rc = pp_err_set(&err, PP_ERR_INVALID,
                        "which file? Files come first, then settings: priorpath send order.hl7 --mllp=127.0.0.1:2575");
    for (int i = 0; i < n && rc == 0; i++) rc = send_file(&s, files[i], &err);
    if (s.sent > 1) printf("%d sent, %d of them not accepted\n", s.sent, s.refused);
    cli_mllp_free(&s.mllp);
    pp_arena_free(&s.a);
    pp_config_free(c);
    if (rc < 0) return cli_fail("send", &err);
    return s.refused ? CLI_FAILED : CLI_OK;
}
