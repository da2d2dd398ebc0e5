/* The MLLP listener on a loop of its own, with a client socket: frames in pieces, silence inside of a frame. */
#include "io/mllp_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#define SILENCE_MS 80
#define PARTIAL_MS 60000
#define WAIT_MS 10000

static uv_loop_t loop;
static struct pp_mllp_server *server;
static int fd;
static int messages, errors;
static enum pp_mllp_reason reason;
static char heard[64];

static void on_message(void *user, struct pp_mllp_conn *c, struct pp_str m) {
    (void)user;
    messages++;
    snprintf(heard, sizeof heard, "%.*s", PP_FMT(m));
    pp_mllp_reply(c, PP_STR("answer"));
}

static void on_error(void *user, struct pp_mllp_conn *c, enum pp_mllp_reason why, struct pp_str bytes) {
    (void)user;
    (void)c;
    errors++;
    reason = why;
    snprintf(heard, sizeof heard, "%.*s", PP_FMT(bytes));
}

static void start(int silence_ms) {
    struct pp_err err;
    struct pp_mllp_server_opts o = {.bind_addr = "127.0.0.1",
                                    .connections_max = 4,
                                    .message_bytes_max = 1 << 20,
                                    .partial_timeout_ms = PARTIAL_MS,
                                    .silence_timeout_ms = silence_ms,
                                    .on_message = on_message,
                                    .on_error = on_error};
    messages = errors = 0;
    uv_loop_init(&loop);
    if (pp_mllp_server_new(&loop, &o, &server, &err) < 0) fail_msg("%s", err.msg);
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons((uint16_t)pp_mllp_server_port(server)),
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
}

static void stop(void) {
    close(fd);
    pp_mllp_server_stop(server);
    uv_run(&loop, UV_RUN_DEFAULT);
    pp_mllp_server_free(server);
    assert_int_equal(uv_loop_close(&loop), 0);
}

/* Turns the loop until *n is `want`; the listener's own timer wakes it. */
static void until(const int *n, int want) {
    uint64_t end = uv_hrtime() + (uint64_t)WAIT_MS * 1000000;
    while (*n != want && uv_hrtime() < end) {
        uv_run(&loop, UV_RUN_NOWAIT);
        usleep(1000);
    }
    assert_int_equal(*n, want);
}

static void for_ms(int ms) {
    uint64_t end = uv_hrtime() + (uint64_t)ms * 1000000;
    while (uv_hrtime() < end) {
        uv_run(&loop, UV_RUN_NOWAIT);
        usleep(1000);
    }
}

static void put(const char *text) { assert_int_equal(send(fd, text, strlen(text), 0), (ssize_t)strlen(text)); }

static void assert_answer(void) {
    char back[64];
    size_t n = 0;
    uint64_t end = uv_hrtime() + (uint64_t)WAIT_MS * 1000000;
    while (n < strlen("\x0b"
                      "answer\x1c\r") &&
           uv_hrtime() < end) {
        uv_run(&loop, UV_RUN_NOWAIT);
        ssize_t got = recv(fd, back + n, sizeof back - 1 - n, MSG_DONTWAIT);
        assert_true(got > 0 || (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))); /* 0: it was closed */
        if (got > 0) n += (size_t)got;
    }
    back[n] = '\0';
    assert_string_equal(back, "\x0b"
                              "answer\x1c\r");
}

/* Half a frame and then nothing: it is given up, and the next one on the same connection is taken and answered. */
static void half_a_frame(void **state) {
    (void)state;
    start(SILENCE_MS);
    put("\x0bMSH|half of");
    until(&errors, 1);
    assert_int_equal(reason, PP_MLLP_BAD_TIMEOUT);
    assert_string_equal(heard, "MSH|half of");
    put("\x0bMSH|whole\x1c\r");
    until(&messages, 1);
    assert_string_equal(heard, "MSH|whole");
    assert_answer();
    assert_int_equal(errors, 1);
    assert_int_equal(pp_mllp_server_connections(server), 1);
    stop();
}

/* The rest of a frame that was given up is no message, however it ends. */
static void the_rest_comes_late(void **state) {
    (void)state;
    start(SILENCE_MS);
    put("\x0bMSH|first");
    until(&errors, 1);
    put("|its rest\x1c\r\x0bMSH|second\x1c\r");
    until(&messages, 1);
    assert_string_equal(heard, "MSH|second");
    assert_answer();
    assert_int_equal(messages, 1);
    stop();
}

/* A sender that never sends the last CR is answered after the silence. */
static void no_last_cr(void **state) {
    (void)state;
    start(SILENCE_MS);
    for (int i = 1; i <= 2; i++) {
        put("\x0bMSH|no end\x1c");
        until(&messages, i);
        assert_string_equal(heard, "MSH|no end");
        assert_answer();
    }
    assert_int_equal(errors, 0);
    stop();
}

/* Slow is not silent; and 0 waits for ever. */
static void slow_and_never(void **state) {
    (void)state;
    static const char *const pieces[] = {"\x0bMSH", "|a", "|b", "|c", "\x1c\r"};
    start(4 * SILENCE_MS);
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        put(pieces[i]);
        for_ms(2 * SILENCE_MS);
    }
    until(&messages, 1);
    assert_string_equal(heard, "MSH|a|b|c");
    assert_int_equal(errors, 0);
    assert_answer();
    stop();
    start(0);
    put("\x0bMSH|half");
    for_ms(3 * SILENCE_MS);
    put(" and half\x1c\r");
    until(&messages, 1);
    assert_string_equal(heard, "MSH|half and half");
    assert_int_equal(errors, 0);
    stop();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(half_a_frame),
        cmocka_unit_test(the_rest_comes_late),
        cmocka_unit_test(no_last_cr),
        cmocka_unit_test(slow_and_never),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
