/* The minimal program for a durable login: lock, read, charge, append, replace, answer.
   A second argument makes it a wrong code: the state is not replaced. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>
int main(int argc, char **argv) {
    char text[512], code[64], count[16];
    if (argc < 2 || chdir(argv[1]) || read(0, code, sizeof code) < 0) return 4;
    int lock = open("lock", O_RDWR | O_CREAT, 0600), in = open("state", O_RDONLY), dir = open(".", O_RDONLY);
    if (flock(lock, LOCK_EX)) return 4;
    ssize_t length = read(in, text, sizeof text);
    int attempts = open("attempts", O_RDWR), audit = open("audit", O_WRONLY | O_CREAT | O_APPEND, 0600);
    /* The attempt is charged before a code would be compared. */
    if (pread(attempts, count, sizeof count, 0) != sizeof count) return 4;
    if (pwrite(attempts, count, sizeof count, 0) != sizeof count || fdatasync(attempts)) return 4;
    if (write(audit, text, length) != length || fdatasync(audit)) return 4;
    if (argc > 2) return puts("{\"outcome\":\"deny\"}") < 0;
    int out = open("state.new", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (write(out, text, length) != length || fsync(out) || rename("state.new", "state") || fsync(dir)) return 4;
    return puts("{\"outcome\":\"grant\"}") < 0;
}
