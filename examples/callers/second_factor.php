<?php
/*
 * Asks rw2fa-verify for the second factor of a login. Include this file and call second_factor(), or try it:
 *
 *   echo 123456 | php second_factor.php USER [--session html5|remoteapp|rdp] [--program PATH] [--limit SECONDS]
 *
 * Needs PHP 7.4 or newer on Linux or another Unix: on Windows, PHP cannot wait for a pipe with a time limit.
 * The rules for callers are in docs/portal.md.
 */

/**
 * Runs the verifier once and returns an answer, whatever happens. 'granted' alone says whether the user may enter.
 *
 * 'outcome', 'reason' and 'message' are those of the protocol; 'document' is the whole answer, or null. A
 * reason that is not in the protocol says why there is no answer: not-started, time-limit, killed,
 * wrong-call, bad-answer, failed. 'errors' is the beginning of standard error, for your log.
 *
 * An empty code means that the code page was not shown yet: never pass its empty field. The options are those
 * of the protocol: one '--group=NAME' for each group, or '--no-groups'; '--client=ID'; '--session=KIND'. An
 * absolute path of the program is safer: it does not depend on PATH. The verifier ends by itself within 20 s.
 */
function second_factor(
    string $user,
    string $code,
    array $options,
    string $program = 'rw2fa-verify',
    float $limit = 25.0
): array {
    try {
        return second_factor_run($user, $code, $options, $program, $limit);
    } catch (\Throwable $failure) { // SECURITY: what was not foreseen refuses the user, too.
        return second_factor_refusal('failed', $failure->getMessage());
    }
}

function second_factor_run(string $user, string $code, array $options, string $program, float $limit): array
{
    // The verifier reads one line of at most 256 bytes.
    if (strlen($code) > 255 || strpbrk($code, "\r\n") !== false) {
        $code = 'not a code';
    }
    $code_option = $code === '' ? [] : ['--code-stdin'];
    // An array of arguments starts the program without a shell.
    $command = array_merge([$program], $code_option, $options, ['--', $user]);
    $streams = [0 => ['pipe', 'r'], 1 => ['pipe', 'w'], 2 => ['pipe', 'w']];
    $process = @proc_open($command, $streams, $pipes);
    if (!is_resource($process)) {
        return second_factor_refusal('not-started', error_get_last()['message'] ?? '');
    }
    // It may end without reading; a line fits into the pipe.
    @fwrite($pipes[0], $code === '' ? '' : $code . "\n");
    fclose($pipes[0]);
    $deadline = microtime(true) + $limit;
    [$output, $errors] = second_factor_read_streams($pipes[1], $pipes[2], $deadline);
    fclose($pipes[1]);
    fclose($pipes[2]);
    do {
        $status = proc_get_status($process);
        $is_over = microtime(true) >= $deadline;
        if ($status['running'] && !$is_over) {
            usleep(2000);
        }
    } while ($status['running'] && !$is_over);
    if ($status['running']) {
        // A set-uid verifier belongs to another account: it cannot be killed, and ends by itself. Without
        // proc_close(), PHP does not wait for it.
        @proc_terminate($process, 9);
        return second_factor_refusal('time-limit', $errors);
    }
    if ($status['signaled']) {
        return second_factor_refusal('killed', $errors);
    }
    return second_factor_read($status['exitcode'], $output, $errors);
}

/** Reads both streams to their ends or until the deadline, and keeps the beginning of each. */
function second_factor_read_streams($stdout, $stderr, float $deadline): array
{
    $open = [0 => $stdout, 1 => $stderr];
    $longest = [1000000, 4096];
    $texts = ['', ''];
    foreach ($open as $stream) {
        stream_set_blocking($stream, false);
    }
    while ($open !== [] && ($left = $deadline - microtime(true)) > 0) {
        $ready = $open;
        $none = null;
        $seconds = (int) $left;
        if (@stream_select($ready, $none, $none, $seconds, (int) (($left - $seconds) * 1000000)) === false) {
            usleep(2000); // A signal came.
            continue;
        }
        foreach ($ready as $number => $stream) {
            $chunk = fread($stream, 65536);
            if (strlen($texts[$number]) <= $longest[$number]) {
                $texts[$number] .= (string) $chunk;
            }
            if ($chunk === false || feof($stream)) {
                unset($open[$number]);
            }
        }
    }
    return [$texts[0], substr($texts[1], 0, $longest[1])];
}

function second_factor_read(int $exit_code, string $output, string $errors): array
{
    if ($exit_code === 2) {
        return second_factor_refusal('wrong-call', $errors);
    }
    if ($exit_code === 127) { // What PHP reports of a program that is missing.
        return second_factor_refusal('not-started', $errors);
    }
    $exit_codes = ['grant' => 0, 'deny' => 1, 'challenge' => 3, 'error' => 4, 'ended' => 5];
    $document = json_decode($output, true, 64);
    // SECURITY: one document, of the known schema, whose outcome fits the exit code.
    $is_answer = is_array($document)
        && ($document['schema'] ?? null) === 1
        && is_string($document['outcome'] ?? null)
        && is_string($document['reason'] ?? null)
        && is_string($document['message'] ?? null)
        && ($exit_codes[$document['outcome']] ?? null) === $exit_code;
    if (!$is_answer) {
        return second_factor_refusal('bad-answer', $errors);
    }
    return [
        'granted' => $document['outcome'] === 'grant' && $exit_code === 0,
        'outcome' => $document['outcome'],
        'reason' => $document['reason'],
        'message' => $document['message'],
        'document' => $document,
        'errors' => $errors,
    ];
}

function second_factor_refusal(string $reason, string $errors): array
{
    return [
        'granted' => false,
        'outcome' => 'error',
        'reason' => $reason,
        'message' => 'The sign-in is not available now. Tell your administrator.',
        'document' => null,
        'errors' => $errors,
    ];
}

/** Tries the function from a terminal. */
function second_factor_main(array $arguments): int
{
    $user = array_shift($arguments);
    $options = ['--no-groups'];
    $program = 'rw2fa-verify';
    $limit = 25.0;
    $is_right = $user !== null && count($arguments) % 2 === 0;
    foreach (array_chunk($arguments, 2) as $pair) {
        [$name, $value] = $pair + ['', ''];
        if ($name === '--session') {
            $options[] = '--session=' . $value;
        } elseif ($name === '--program') {
            $program = $value;
        } elseif ($name === '--limit') {
            $limit = (float) $value;
        } else {
            $is_right = false;
        }
    }
    if (!$is_right) {
        fwrite(STDERR, "usage: second_factor.php USER [--session KIND] [--program PATH] [--limit SECONDS]\n");
        return 1;
    }
    $code = rtrim((string) fgets(STDIN), "\r\n");
    $answer = second_factor($user, $code, $options, $program, $limit);
    echo $answer['reason'], "\n";
    if ($answer['errors'] !== '') {
        fwrite(STDERR, $answer['errors'] . "\n");
    }
    return $answer['granted'] ? 0 : 1;
}

if (PHP_SAPI === 'cli' && realpath($_SERVER['SCRIPT_FILENAME']) === __FILE__) {
    exit(second_factor_main(array_slice($argv, 1)));
}
