/* The least a program can do that keeps a login durable: lock, read, replace, append, answer. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>
int main(int argc, char **argv) {
    char text[512], code[64];
    if (argc < 2 || chdir(argv[1]) || read(0, code, sizeof code) < 0) return 4;
    int lock = open("lock", O_RDWR | O_CREAT, 0600), in = open("state", O_RDONLY), dir = open(".", O_RDONLY);
    if (flock(lock, LOCK_EX)) return 4;
    ssize_t length = read(in, text, sizeof text);
    int out = open("state.new", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (write(out, text, length) != length || fsync(out) || rename("state.new", "state") || fsync(dir)) return 4;
    int audit = open("audit", O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (write(audit, text, length) != length || fdatasync(audit)) return 4;
    return puts("{\"outcome\":\"grant\"}") < 0;
}
