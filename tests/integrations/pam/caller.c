/* A program that calls PAM in ways in which no honest program does, and prints the result as a number.
 *
 *   caller SERVICE STAGE MODE USER RHOST ANSWER...
 *
 * STAGE is auth, cred or account. MODE says how the program misbehaves; each prompt gets the next ANSWER. Without the
 * headers of PAM, which a machine may lack.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

struct pam_message { int style; const char *text; };
struct pam_response { char *text; int code; };
struct pam_conv {
	int (*talk)(int, const struct pam_message **, struct pam_response **, void *);
	void *data;
};
typedef struct pam_handle pam_handle_t;
int pam_start(const char *, const char *, const struct pam_conv *, pam_handle_t **);
int pam_end(pam_handle_t *, int);
int pam_set_item(pam_handle_t *, int, const void *);
int pam_authenticate(pam_handle_t *, int);
int pam_setcred(pam_handle_t *, int);
int pam_acct_mgmt(pam_handle_t *, int);

enum { SUCCESS = 0, CONV_ERR = 19, PAM_RHOST = 4, PAM_CONV = 5 };

static const char *mode;
static char **answers;
/* The secret that was shown, with every bit turned, so that this is no copy of it. */
static char turned[33];

static int is(const char *name) { return strcmp(mode, name) == 0; }

static int talk(int count, const struct pam_message **messages, struct pam_response **responses, void *data)
{
	(void)data;
	if (is("null-response") && messages[0]->style <= 2) {
		*responses = NULL;
		return SUCCESS;
	}
	if (is("null-everywhere")) {
		*responses = NULL;
		return SUCCESS;
	}
	if (is("fails"))
		return CONV_ERR;
	if (is("unknown-result"))
		return 4711;
	struct pam_response *all = calloc(count, sizeof *all);
	for (int i = 0; i < count; i++) {
		if (is("scans") && messages[i]->style > 2) {
			const char *secret = strstr(messages[i]->text, "Secret: ");
			for (int j = 0; secret && j < 32; j++)
				turned[j] = ~secret[8 + j];
			continue;
		}
		if (messages[i]->style > 2) {
			dprintf(1, "shown: %s\n", messages[i]->text);
			continue;
		}
		if (!is("scans"))
			dprintf(1, "asked: %s\n", messages[i]->text);
		if (is("null-text")) {
			all[i].text = NULL;
		} else if (is("long")) {
			all[i].text = malloc(10000001);
			memset(all[i].text, '1', 10000000);
			all[i].text[10000000] = 0;
		} else if (*answers) {
			all[i].text = strdup(*answers++);
		} else {
			free(all);
			return CONV_ERR;
		}
	}
	*responses = all;
	return SUCCESS;
}

static void reap(int signal)
{
	(void)signal;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		dprintf(1, "saw a child\n");
}

static void *reap_always(void *unused)
{
	for (;;) {
		reap(0);
		usleep(100);
	}
	return unused;
}

/* Counts the places in memory, but for the stack, that hold this text, of which every bit is turned. */
static int count_copies(const char *text, size_t length)
{
	int count = 0;
	char line[512];
	FILE *maps = fopen("/proc/self/maps", "r");
	while (fgets(line, sizeof line, maps)) {
		unsigned long start, end;
		char rights[8];
		if (sscanf(line, "%lx-%lx %7s", &start, &end, rights) != 3 || strncmp(rights, "rw", 2) != 0)
			continue;
		if (strstr(line, "[stack]"))
			continue;
		for (const char *at = (const char *)start; at + length <= (const char *)end; at++) {
			size_t same = 0;
			while (same < length && (char)~at[same] == text[same])
				same++;
			count += same == length;
		}
	}
	fclose(maps);
	return count;
}

static void scan(const char *code)
{
	char turned_code[16];
	size_t length = strlen(code);
	for (size_t i = 0; i < length && i < sizeof turned_code; i++)
		turned_code[i] = ~code[i];
	/* A copy of our own shows that the search finds what is there. */
	char *own = strdup("Scan me: 7219-4431");
	char wanted[19];
	for (int i = 0; i < 18; i++)
		wanted[i] = ~own[i];
	dprintf(1, "control: %d\n", count_copies(wanted, 18) > 0);
	dprintf(1, "secret was shown: %d\n", turned[0] != 0);
	dprintf(1, "copies of the secret: %d\n", count_copies(turned, 32));
	dprintf(1, "copies of the code: %d\n", count_copies(turned_code, length));
	free(own);
}

static void misbehave(void)
{
	pthread_t thread;
	sigset_t all;
	struct rlimit limit = { 64, 64 };
	if (is("ignores-children"))
		signal(SIGCHLD, SIG_IGN);
	if (is("reaps"))
		signal(SIGCHLD, reap);
	if (is("reaps-in-a-thread"))
		pthread_create(&thread, NULL, reap_always, NULL);
	if (is("blocks-signals")) {
		sigfillset(&all);
		sigprocmask(SIG_SETMASK, &all, NULL);
	}
	if (is("many-descriptors")) {
		limit.rlim_cur = limit.rlim_max = 20000;
		setrlimit(RLIMIT_NOFILE, &limit);
		while (open("/dev/null", O_RDONLY) >= 0)
			if (open("/dev/null", O_RDONLY) > 10000)
				break;
	}
	if (is("few-descriptors"))
		setrlimit(RLIMIT_NOFILE, &limit);
	if (is("no-descriptors")) {
		while (open("/dev/null", O_RDONLY) >= 0)
			;
	}
	if (is("closed-streams")) {
		close(0);
		close(2);
	}
	if (is("variables")) {
		setenv("RW2FA_STORE", "/tmp/another", 1);
		setenv("LD_PRELOAD", "/tmp/evil.so", 1);
		setenv("LD_LIBRARY_PATH", "/tmp", 1);
		setenv("PATH", "/tmp", 1);
		setenv("LANG", "xx", 1);
	}
	if (is("large-variables")) {
		char *large = malloc(100001);
		memset(large, 'x', 100000);
		large[100000] = 0;
		for (char name[3] = "aa"; name[1] <= 'z'; name[1]++)
			setenv(name, large, 1);
	}
}

int main(int count, char **words)
{
	if (count < 6)
		return 2;
	const char *service = words[1], *stage = words[2], *user = words[4], *rhost = words[5];
	mode = words[3];
	answers = words + 6;
	struct pam_conv conversation = { talk, NULL };
	pam_handle_t *handle = NULL;
	if (pam_start(service, user, &conversation, &handle) != SUCCESS)
		return 3;
	if (*rhost)
		pam_set_item(handle, PAM_RHOST, rhost);
	if (is("no-conversation")) {
		struct pam_conv none = { NULL, NULL };
		pam_set_item(handle, PAM_CONV, &none);
	}
	misbehave();
	int result = strcmp(stage, "auth") == 0 ? pam_authenticate(handle, is("silent") ? 0x8000 : 0)
		: strcmp(stage, "cred") == 0 ? pam_setcred(handle, 2)
		: pam_acct_mgmt(handle, 0);
	if (is("scans"))
		scan(words[count - 1]);
	dprintf(1, "result: %d\n", result);
	pam_end(handle, result);
	return 0;
}
