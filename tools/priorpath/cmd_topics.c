/* priorpath topics: makes the topics of deploy/topics.tsv. Can be run again at any time. */
#include "priorpath.h"

#include "io/kafka_admin.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_BYTES_MAX 65536

static const struct pp_config_key keys[] = {
    {"kafka-brokers", PP_CFG_STR, 0, 1024, "", "127.0.0.1:7192", "Kafka bootstrap servers."},
    {"file", PP_CFG_STR, 1, 1023, "", "deploy/topics.tsv", "Table of topics: name, partitions, settings."},
    {"partitions", PP_CFG_INT, 1, 1024, "", "8", "What \"*\" partitions in the table means; a power of two."},
    {"replication", PP_CFG_INT, -1, 16, "", "-1", "Copies of each partition; -1: as the broker has it."},
    {"timeout-s", PP_CFG_INT, 1, 600, "s", "60", "How long to wait for a broker."},
    {0},
};

struct table {
    char text[FILE_BYTES_MAX];
    char values[PP_TOPICS_MAX * PP_TOPIC_SETTINGS_MAX][24]; /* times turned into milliseconds */
    int nvalues;
    struct pp_topic_spec specs[PP_TOPICS_MAX];
    int n;
};

/* "14d", "12h" of a setting that ends in .ms. */
static const char *milliseconds(struct table *t, const char *value) {
    struct pp_str v = pp_str_z(value);
    int64_t n, unit = v.n && v.s[v.n - 1] == 'd' ? 86400000 : v.n && v.s[v.n - 1] == 'h' ? 3600000 : 0;
    if (!unit || !pp_str_int((struct pp_str){v.s, v.n - 1}, &n)) return value;
    char *out = t->values[t->nvalues++];
    snprintf(out, sizeof t->values[0], "%lld", (long long)(n * unit));
    return out;
}

static int parse_line(struct table *t, char *line, const struct pp_config *c, int number, struct pp_err *err) {
    char *rest = line, *word;
    struct pp_topic_spec *s = &t->specs[t->n];
    if (t->n == PP_TOPICS_MAX) return pp_err_set(err, PP_ERR_LIMIT, "more than %d topics", PP_TOPICS_MAX);
    char *name = strsep(&rest, "\t"), *parts = strsep(&rest, "\t");
    int64_t n = pp_config_int(c, "partitions");
    if (!parts || (strcmp(parts, "*") != 0 && !pp_str_int(pp_str_z(parts), &n)) || n < 1 || n > 1024)
        return pp_err_set(err, PP_ERR_INVALID, "line %d: want a name, a number of partitions or *, and settings",
                          number);
    *s =
        (struct pp_topic_spec){.name = name, .partitions = (int)n, .replication = (int)pp_config_int(c, "replication")};
    while (rest && (word = strsep(&rest, " "))) {
        char *value = word;
        strsep(&value, "=");
        if (!value || s->nsettings == PP_TOPIC_SETTINGS_MAX)
            return pp_err_set(err, PP_ERR_INVALID, "line %d: want at most %d settings as name=value", number,
                              PP_TOPIC_SETTINGS_MAX);
        s->settings[s->nsettings++] = (struct pp_topic_setting){
            word, pp_str_ends(pp_str_z(word), PP_STR(".ms")) ? milliseconds(t, value) : value};
    }
    t->n++;
    return 0;
}

static int read_table(struct table *t, const struct pp_config *c, struct pp_err *err) {
    const char *path = pp_config_str(c, "file");
    FILE *f = fopen(path, "re");
    if (!f) return pp_err_set(err, PP_ERR_IO, "%s: %s", path, strerror(errno));
    size_t n = fread(t->text, 1, sizeof t->text - 1, f);
    fclose(f);
    if (n == sizeof t->text - 1) return pp_err_set(err, PP_ERR_LIMIT, "%s: longer than %d bytes", path, FILE_BYTES_MAX);
    char *rest = t->text, *line;
    for (int number = 1; (line = strsep(&rest, "\n")); number++)
        if (*line && *line != '#' && parse_line(t, line, c, number, err) < 0) return pp_err_wrap(err, "%s", path);
    return 0;
}

int cmd_topics(int argc, char **argv) {
    struct pp_config *c;
    struct pp_err err = {0};
    int made = 0;
    cli_settings("priorpath topics", keys, argc, argv, &c);
    struct table *t = calloc(1, sizeof *t);
    int rc = t ? read_table(t, c, &err) : pp_err_set(&err, PP_ERR_NOMEM, "no memory");
    if (rc == 0)
        rc = pp_kafka_topics_ensure(pp_config_str(c, "kafka-brokers"), t->specs, t->n,
                                    (int)pp_config_int(c, "timeout-s") * 1000, &made, &err);
    if (rc == 0) printf("%d topics, %d of them new\n", t->n, made);
    free(t);
    pp_config_free(c);
    return rc == 0 ? CLI_OK : cli_fail("topics", &err);
}
