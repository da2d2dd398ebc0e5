#include "mix.h"
#include "base/date.h"
#include "io/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LINE_BYTES 512
#define COLUMNS 10

static const struct {
    const char *payer, *code, *name, *plan, *id; /* code: IN1-3; id: NM1*PR-09 */
} payers[] = {{"meridian", "MERID", "Meridian Advantage", "HMO", "MA1101"},
              {"prairie", "PRMUT", "Prairie Mutual Insurance", "PPO", "PM2201"},
              {"union", "UTF", "Union Trust Fund", "SELF", "UT3301"},
              {"lakeshore", "LSHLT", "Lakeshore Health Plan", "PPO", "LS4401"},
              {"carebridge", "CBRDG", "CareBridge Community Plan", "MCO", "CB5501"},
              {"medicare", "MCR", "Medicare Part B", "B", "MCR"}};
#define NPAYERS (sizeof payers / sizeof *payers)

static const char *const families[] = {"KOWALSKI", "TURNER", "DIAZ",  "WOLF",   "STERN", "PEREZ", "BAUER", "GREEN",
                                       "ERIKSEN",  "JANSEN", "NOVAK", "KELLER", "MEYER", "ROSSI", "ADAMS", "BOND"};
static const char *const givens[] = {"ANNA", "JOHN", "KAREN", "TESSA", "ADAM", "LUCIA", "ROBERT", "CHRIS"};

static int field(struct mix_kind *k, int column, const char *v, struct pp_err *err) {
    char *to[] = {k->name, k->payer, k->code, k->text, k->dx, k->units};
    size_t size[] = {sizeof k->name, sizeof k->payer, sizeof k->code, sizeof k->text, sizeof k->dx, sizeof k->units};
    if (column == 0) {
        k->weight = (int)strtol(v, NULL, 10);
        return k->weight > 0 ? 0 : pp_err_set(err, PP_ERR_INVALID, "weight must be above 0");
    }
    if (column <= 6) {
        snprintf(to[column - 1], size[column - 1], "%s", v);
        return 0;
    }
    if (column >= 8) {
        *(column == 8 ? &k->visit : &k->claim) = strcmp(v, "yes") == 0;
        return 0;
    }
    struct pp_str rest = pp_str_z(v);
    while (rest.n && k->ndocs < MIX_DOCS_MAX) {
        struct pp_str d = pp_str_split(&rest, ',');
        snprintf(k->docs[k->ndocs++], sizeof k->docs[0], "%.*s", PP_FMT(d));
    }
    return 0;
}

static int parse(char *line, struct mix_kind *k, struct pp_err *err) {
    char *at = line;
    for (int c = 0; c < COLUMNS; c++) {
        char *v = strsep(&at, "\t");
        if (!v) return pp_err_set(err, PP_ERR_INVALID, "%d columns, want %d", c, COLUMNS);
        if (field(k, c, v, err) < 0) return -1;
    }
    for (size_t i = 0; i < NPAYERS; i++)
        if (strcmp(payers[i].payer, k->payer) == 0) return 0;
    return pp_err_set(err, PP_ERR_INVALID, "unknown payer \"%s\"", k->payer);
}

int mix_load(const char *file, struct mix *ret, struct pp_err *err) {
    char line[LINE_BYTES];
    bool head = true;
    int no = 0, rc = 0;
    FILE *f = fopen(file, "re");
    if (!f) return pp_err_set(err, PP_ERR_IO, "%s: %s", file, strerror(errno));
    *ret = (struct mix){0};
    while (rc == 0 && fgets(line, sizeof line, f)) {
        no++;
        line[strcspn(line, "\r\n")] = 0;
        if (!line[0] || line[0] == '#') continue;
        if (head) {
            head = false;
            continue;
        }
        if (ret->n == MIX_KINDS_MAX) {
            rc = pp_err_set(err, PP_ERR_LIMIT, "more than %d kinds", MIX_KINDS_MAX);
            break;
        }
        rc = parse(line, &ret->kind[ret->n], err);
        ret->weights += ret->kind[ret->n++].weight;
    }
    fclose(f);
    if (rc == 0 && ret->n == 0) rc = pp_err_set(err, PP_ERR_INVALID, "no kinds of cases");
    return rc < 0 ? pp_err_wrap(err, "%s:%d", file, no) : 0;
}

const struct mix_kind *mix_kind_of(const struct mix *m, int64_t i) {
    /* a step that shares no factor with the sum of the weights meets every place of it, well mixed */
    int64_t at = i * 7919 % m->weights;
    for (int k = 0; k < m->n; k++) {
        at -= m->kind[k].weight;
        if (at < 0) return &m->kind[k];
    }
    return &m->kind[m->n - 1];
}

int mix_steps(const struct mix_kind *k, bool claims) { return 1 + k->ndocs + k->visit + (claims && k->claim); }
bool mix_is_claim(const struct mix_kind *k, int step) { return step == 1 + k->ndocs + k->visit; }

/* ---- messages ---- */

struct who {
    char mrn[24], order[32], member[24], birth[16];
    const char *family, *given;
    char sex;
    size_t payer;
};

static struct who who_of(const struct mix_kind *k, const char *run, int64_t i) {
    struct who w = {.family = families[i % 16], .given = givens[i / 16 % 8], .sex = i & 1 ? 'F' : 'M'};
    while (w.payer < NPAYERS - 1 && strcmp(payers[w.payer].payer, k->payer) != 0) w.payer++;
    snprintf(w.mrn, sizeof w.mrn, "%s%08lld", run, (long long)i);
    snprintf(w.order, sizeof w.order, "O%s-%lld", run, (long long)i);
    snprintf(w.member, sizeof w.member, "M%s%08lld", run, (long long)i);
    snprintf(w.birth, sizeof w.birth, "19%02d%02d%02d", 30 + (int)(i % 70), 1 + (int)(i % 12), 1 + (int)(i % 28));
    return w;
}

static void stamp(int64_t ms, char ret[15]) {
    time_t t = (time_t)(ms / 1000);
    struct tm tm;
    gmtime_r(&t, &tm);
    strftime(ret, 15, "%Y%m%d%H%M%S", &tm);
}

static void head(struct pp_buf *b, const char *app, const char *type, const char *now, const char *id) {
    pp_buf_printf(b, "MSH|^~\\&|%s|LAKESIDE|PRIORPATH|LAKESIDE|%s||%s|%s|P|2.5.1\r", app, now, type, id);
}
static void person(struct pp_buf *b, const struct who *w) {
    pp_buf_printf(b,
                  "PID|1||%s^^^LAKE^MR||%s^%s||%s|%c|||12 Invented Street^^Chicago^IL^60611||+1 312 555 0199|||||A%s\r",
                  w->mrn, w->family, w->given, w->birth, w->sex, w->mrn);
}

static void order(struct pp_buf *b, const struct mix_kind *k, const struct who *w, const char *now) {
    person(b, w);
    pp_buf_addz(b, "PV1|1|O|LKSMRI\r");
    pp_buf_printf(b, "IN1|1|%s^%s|%s|%s||||G%s||||20260101|20261231||%s|%s^%s|SEL|%s||||1||||||||||||||%s\r",
                  payers[w->payer].plan, payers[w->payer].plan, payers[w->payer].code, payers[w->payer].name,
                  payers[w->payer].code, payers[w->payer].plan, w->family, w->given, w->birth, w->member);
    pp_buf_printf(b, "ORC|NW|%s^EHR|||||||%s|||1003900101^ABARA^NADIA^^^^^^NPI^^^^NPI|LKSMRI\r", w->order, now);
    if (k->units[0]) pp_buf_printf(b, "TQ1|1|%s\r", k->units);
    pp_buf_printf(b, "OBR|1|%s^EHR||%s^%s^C4||||||||||||1003900101^ABARA^NADIA^^^^^^NPI^^^^NPI\r", w->order, k->code,
                  k->text);
    pp_buf_printf(b, "DG1|1||%s^^I10|||W\r", k->dx);
}

static void document(struct pp_buf *b, const struct mix_kind *k, const struct who *w, const char *now, int doc) {
    char loinc[64];
    snprintf(loinc, sizeof loinc, "%s", k->docs[doc]);
    char *title = strchr(loinc, ':');
    if (title) *title++ = 0;
    pp_buf_printf(b, "EVN|T02|%s\r", now);
    person(b, w);
    pp_buf_addz(b, "PV1|1|O\r");
    pp_buf_printf(b, "TXA|1|%s^%s^LN|TX|%s|||||1003900101^ABARA^NADIA^^^^^^NPI^^^^NPI|||D%s-%d^DOCS||%s^EHR|||AU||AV\r",
                  loinc, title ? title : "", now, w->order, doc, w->order);
    pp_buf_printf(b, "OBX|1|TX|%s^%s^LN||Six weeks of therapy without relief; order %s.||||||F\r", loinc,
                  title ? title : "", w->order);
}

static void visit(struct pp_buf *b, const struct mix_kind *k, const struct who *w, const char *start, const char *end) {
    pp_buf_printf(b, "SCH|V%s^SCHED|V%s^SCHED|||||ROUTINE||30|min|^^30^%s^%s||||||||||||||Booked|%s^EHR\r", w->order,
                  w->order, start, end, w->order);
    person(b, w);
    pp_buf_printf(b, "RGS|1\rAIS|1||%s^^C4|%s|||30|min\rAIL|1||LKSMRI^^^LAKESIDE\r", k->code, start);
    pp_buf_addz(b, "AIP|1||1003900119^OKAFOR^DAVID^^^^^^NPI^^^^NPI\r");
}

/* 837P of one line (005010X222A1), billed for the day of the visit. ISA13 must be nine digits. */
static void claim(struct pp_buf *b, const struct mix_kind *k, const struct who *w, int64_t i, const char *now,
                  const char *day, const char *no) {
    int control = (int)(i % 999999999) + 1, units = k->units[0] ? (int)strtol(k->units, NULL, 10) : 1;
    pp_buf_printf(b,
                  "ISA*00*          *00*          *ZZ*LKS001         *ZZ*CH0001         *%.6s*%.4s*^*00501*%09d*0*T*:~"
                  "GS*HC*LKS001*CH0001*%.8s*%.4s*%d*X*005010X222A1~ST*837*0001*005010X222A1~"
                  "BHT*0019*00*%d*%.8s*%.4s*CH~NM1*41*2*LAKESIDE PHYSICIANS*****46*LKS001~"
                  "PER*IC*BILLING OFFICE*TE*3125550100~NM1*40*2*CLEARING HOUSE*****46*CH0001~HL*1**20*1~"
                  "NM1*85*2*LAKESIDE PHYSICIANS*****XX*1003900002~N3*100 LAKESIDE DRIVE~N4*CHICAGO*IL*606110001~"
                  "REF*EI*361234567~",
                  now + 2, now + 8, control, now, now + 8, control, control, now, now + 8);
    pp_buf_printf(b,
                  "HL*2*1*22*0~SBR*P*18*G%s******CI~NM1*IL*1*%s*%s****MI*%s~N3*12 INVENTED STREET~N4*CHICAGO*IL*60611~"
                  "DMG*D8*%s*%c~NM1*PR*2*%s*****PI*%s~CLM*%s*%d***22:B:1*Y*A*Y*Y~HI*ABK:",
                  payers[w->payer].id, w->family, w->given, w->member, w->birth, w->sex, payers[w->payer].name,
                  payers[w->payer].id, no, 100 * units);
    for (const char *p = k->dx; *p; p++)
        if (*p != '.') pp_buf_addc(b, *p);
    pp_buf_printf(b,
                  "~NM1*82*1*OKAFOR*DAVID****XX*1003900119~LX*1~SV1*HC:%s*%d*UN*%d***1~DTP*472*D8*%.8s~REF*6R*%s-1~"
                  "SE*25*0001~GE*1*%d~IEA*1*%09d~",
                  k->code, 100 * units, units, day, no, control, control);
}

void mix_message(const struct mix_kind *k, const char *run, int64_t i, int step, struct pp_buf *out,
                 char ret_id[MIX_ID_BYTES]) {
    struct who w = who_of(k, run, i);
    int64_t real = pp_real_ms(), day = 24 * 3600 * INT64_C(1000);
    char now[15], start[15], end[15];
    stamp(real, now);
    stamp(real + 3 * day, start);
    stamp(real + 3 * day + 30 * 60000, end);
    snprintf(ret_id, MIX_ID_BYTES, "%s%lld.%d", run, (long long)i, step);
    if (step == 0) {
        head(out, "EPIC", "ORM^O01^ORM_O01", now, ret_id);
        order(out, k, &w, now);
    } else if (step <= k->ndocs) {
        head(out, "DOCS", "MDM^T02^MDM_T02", now, ret_id);
        document(out, k, &w, now, step - 1);
    } else if (mix_is_claim(k, step)) {
        claim(out, k, &w, i, now, start, ret_id);
    } else {
        head(out, "SCHED", "SIU^S12^SIU_S12", now, ret_id);
        visit(out, k, &w, start, end);
    }
}
