// Asks rw2fa-verify for the second factor of a login. Add this file to your project, or try it:
//
//   mcs SecondFactor.cs
//   echo 123456 | mono SecondFactor.exe USER [--session html5|remoteapp|rdp] [--program PATH] [--limit SECONDS]
//
// Needs .NET Core 3.1 or newer, or Mono 6 on Unix, and no packages. In your own project, delete Main. The rules for
// callers are in docs/portal.md.

#if NETCOREAPP // The compiler of Mono does not know references that may be null.
#pragma warning disable 8600, 8601, 8602, 8603, 8604, 8618, 8625
#endif
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading;

/// <summary>What the verifier answered. Granted alone says whether the user may enter.</summary>
public sealed class SecondFactor
{
    const int LongestAnswer = 1000000;
    const int LongestErrors = 4096;
    static readonly UTF8Encoding Utf8 = new UTF8Encoding(false, true);
    static readonly Dictionary<string, int> ExitCodes = new Dictionary<string, int>
    {
        { "grant", 0 }, { "deny", 1 }, { "challenge", 3 }, { "error", 4 }, { "ended", 5 },
    };

    /// <summary>Whether the user may enter.</summary>
    public bool Granted { get; private set; }
    /// <summary>The outcome, as in the protocol.</summary>
    public string Outcome { get; private set; }
    /// <summary>The reason of the protocol, or why there is no answer: not-started, time-limit, killed,
    /// wrong-call, bad-answer, failed.</summary>
    public string Reason { get; private set; }
    /// <summary>A short text for the user.</summary>
    public string Message { get; private set; }
    /// <summary>The whole answer, or null. Numbers are double, objects are dictionaries like this one.</summary>
    public Dictionary<string, object> Document { get; private set; }
    /// <summary>The beginning of standard error, for your log.</summary>
    public string Errors { get; private set; }

    SecondFactor(string reason, string errors)
    {
        Outcome = "error";
        Reason = reason;
        Message = "The sign-in is not available now. Tell your administrator.";
        Errors = errors;
    }

    /// <summary>Runs the verifier once and returns an answer, whatever happens. Waits for it: asynchronous code
    /// calls it by Task.Run.</summary>
    /// <param name="user">The account name that your authenticator returned.</param>
    /// <param name="code">What the user typed; empty if the code page was not shown yet. Never pass its empty
    /// field.</param>
    /// <param name="options">As in the protocol: one "--group=NAME" for each group, or "--no-groups";
    /// "--client=ID"; "--session=KIND".</param>
    /// <param name="program">An absolute path is safer: it does not depend on PATH.</param>
    /// <param name="limit">The longest wait in seconds. The verifier ends by itself within 20 s.</param>
    public static SecondFactor Ask(
        string user, string code, IEnumerable<string> options,
        string program = "rw2fa-verify", double limit = 25)
    {
        try
        {
            return Run(user, code ?? "", options, program, limit);
        }
        catch (Exception failure) // SECURITY: what was not foreseen refuses the user, too.
        {
            return new SecondFactor("failed", failure.Message);
        }
    }

    static SecondFactor Run(
        string user, string code, IEnumerable<string> options, string program, double limit)
    {
        // The verifier reads one line of at most 256 bytes.
        if (Encoding.UTF8.GetByteCount(code) > 255 || code.IndexOfAny(new[] { '\r', '\n' }) >= 0)
            code = "not a code";
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
            UseShellExecute = false, CreateNoWindow = true,
        };
        var arguments = new List<string>(options);
        if (code != "") arguments.Insert(0, "--code-stdin");
        arguments.Add("--");
        arguments.Add(user);
        // SECURITY: the system ends an argument at a NUL. What is left of the name would be another user.
        if (arguments.Exists(argument => argument.IndexOf('\0') >= 0))
            return new SecondFactor("wrong-call", "an argument contains NUL");
        SetArguments(start, arguments);
        var process = new Process { StartInfo = start };
        try
        {
            process.Start();
        }
        catch (Exception failure)
        {
            return new SecondFactor("not-started", failure.Message);
        }
        // A line fits into the pipe, so this does not block.
        Write(process, code);
        // Each stream has a thread of its own: neither waits for the other, or for a free thread of the pool.
        byte[] output = null, errors = null;
        var clock = Stopwatch.StartNew();
        var readers = new[]
        {
            Start(() => output = Read(process.StandardOutput.BaseStream, LongestAnswer)),
            Start(() => errors = Read(process.StandardError.BaseStream, LongestErrors)),
        };
        Func<int> left = () => (int)Math.Max(0, limit * 1000 - clock.ElapsedMilliseconds);
        if (!readers[0].Join(left()) || !readers[1].Join(left()) || !process.WaitForExit(left()))
        {
            Abandon(process);
            return new SecondFactor("time-limit", "");
        }
        var exitCode = process.ExitCode;
        process.Dispose();
        if (output == null || errors == null) return new SecondFactor("failed", "a stream cannot be read");
        return Read(exitCode, output, Encoding.UTF8.GetString(errors));
    }

    /// <summary>Passes each argument as it is: names may hold spaces, quotes and backslashes.</summary>
    static void SetArguments(ProcessStartInfo start, List<string> arguments)
    {
        if (Type.GetType("Mono.Runtime") == null)
        {
            arguments.ForEach(start.ArgumentList.Add);
            return;
        }
        // Mono ignores the list. It splits one string as a Unix shell does, but runs no shell.
        var line = new StringBuilder();
        foreach (var argument in arguments)
        {
            line.Append('"');
            foreach (var character in argument)
            {
                if ("\\\"$`".IndexOf(character) >= 0) line.Append('\\');
                line.Append(character);
            }
            line.Append("\" ");
        }
        start.Arguments = line.ToString();
    }

    static void Write(Process process, string code)
    {
        try
        {
            var input = process.StandardInput.BaseStream;
            var line = Encoding.UTF8.GetBytes(code == "" ? "" : code + "\n");
            input.Write(line, 0, line.Length);
            input.Close();
        }
        catch (IOException)
        {
            // It may end without reading.
        }
    }

    static Thread Start(Action read)
    {
        var thread = new Thread(() =>
        {
            try
            {
                read();
            }
            catch (Exception)
            {
                // The stream was closed at the time limit, or cannot be read: there is no answer.
            }
        });
        thread.IsBackground = true;
        thread.Start();
        return thread;
    }

    /// <summary>Reads a stream to its end, and keeps its beginning.</summary>
    static byte[] Read(Stream stream, int longest)
    {
        var kept = new MemoryStream();
        var chunk = new byte[65536];
        int count;
        while ((count = stream.Read(chunk, 0, chunk.Length)) > 0)
            kept.Write(chunk, 0, (int)Math.Min(count, longest - kept.Length));
        return kept.ToArray();
    }

    /// <summary>Stops waiting. A set-uid verifier belongs to another account: it cannot be killed, and ends by
    /// itself. The threads that still read then end, too.</summary>
    static void Abandon(Process process)
    {
        try
        {
            process.Kill();
        }
        catch (Exception)
        {
            // It belongs to another account, or has just ended.
        }
        // Closing a pipe may wait for the thread that reads from it.
        Start(process.Dispose);
    }

    static SecondFactor Read(int exitCode, byte[] output, string errors)
    {
        // Signals are reported as 128 and their number, crashes on Windows as large or negative numbers.
        if (exitCode > 128 || exitCode < 0) return new SecondFactor("killed", errors);
        if (exitCode == 2) return new SecondFactor("wrong-call", errors);
        Dictionary<string, object> document;
        try
        {
            document = ReadDocument(Utf8.GetString(output));
        }
        catch (Exception failure) when (failure is FormatException || failure is ArgumentException)
        {
            return new SecondFactor("bad-answer", errors);
        }
        // SECURITY: one document, of the known schema, whose outcome fits the exit code.
        object schema, outcome, reason, message;
        int expected;
        if (!document.TryGetValue("schema", out schema) || !1.0.Equals(schema)
            || !document.TryGetValue("outcome", out outcome) || !(outcome is string)
            || !document.TryGetValue("reason", out reason) || !(reason is string)
            || !document.TryGetValue("message", out message) || !(message is string)
            || !ExitCodes.TryGetValue((string)outcome, out expected) || expected != exitCode)
            return new SecondFactor("bad-answer", errors);
        return new SecondFactor((string)reason, errors)
        {
            Granted = (string)outcome == "grant" && exitCode == 0, Outcome = (string)outcome,
            Message = (string)message, Document = document,
        };
    }

    // A strict reader of JSON, so that this file is enough on every .NET. Those that .NET Framework and Mono
    // bring along accept an answer that was cut.

    static Dictionary<string, object> ReadDocument(string text)
    {
        var at = 0;
        var document = Value(text, ref at, 0) as Dictionary<string, object>;
        SkipSpace(text, ref at);
        if (document == null || at != text.Length) throw new FormatException();
        return document;
    }

    static object Value(string text, ref int at, int depth)
    {
        if (depth > 32) throw new FormatException();
        if (Take(text, ref at, '{'))
        {
            var fields = new Dictionary<string, object>();
            if (Take(text, ref at, '}')) return fields;
            do
            {
                SkipSpace(text, ref at);
                var name = Scalar(text, ref at) as string;
                if (name == null || !Take(text, ref at, ':')) throw new FormatException();
                fields.Add(name, Value(text, ref at, depth + 1)); // A name that comes twice is refused.
            }
            while (Take(text, ref at, ','));
            if (!Take(text, ref at, '}')) throw new FormatException();
            return fields;
        }
        if (Take(text, ref at, '['))
        {
            var items = new List<object>();
            if (Take(text, ref at, ']')) return items;
            do items.Add(Value(text, ref at, depth + 1));
            while (Take(text, ref at, ','));
            if (!Take(text, ref at, ']')) throw new FormatException();
            return items;
        }
        return Scalar(text, ref at);
    }

    static readonly Regex Token = new Regex(
        @"\G(?:""(?<text>(?>[^""\\\x00-\x1f]+|\\[""\\/bfnrt]|\\u[0-9a-fA-F]{4})*)"""
        + @"|(?<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)|(?<word>true|false|null))",
        RegexOptions.CultureInvariant);

    static object Scalar(string text, ref int at)
    {
        var token = Token.Match(text, at);
        if (!token.Success) throw new FormatException();
        at += token.Length;
        if (token.Groups["text"].Success)
            return Regex.Replace(token.Groups["text"].Value, @"\\(?:u(....)|(.))", Unescape);
        if (token.Groups["number"].Success)
            return double.Parse(token.Value, NumberStyles.Float, CultureInfo.InvariantCulture);
        return token.Value == "null" ? null : (object)(token.Value == "true");
    }

    static string Unescape(Match escape)
    {
        if (escape.Groups[1].Success)
            return ((char)Convert.ToInt32(escape.Groups[1].Value, 16)).ToString();
        var letter = "bfnrt".IndexOf(escape.Groups[2].Value, StringComparison.Ordinal);
        return letter < 0 ? escape.Groups[2].Value : "\b\f\n\r\t"[letter].ToString();
    }

    static bool Take(string text, ref int at, char wanted)
    {
        SkipSpace(text, ref at);
        if (at == text.Length || text[at] != wanted) return false;
        at++;
        return true;
    }

    static void SkipSpace(string text, ref int at)
    {
        while (at < text.Length && " \t\r\n".IndexOf(text[at]) >= 0) at++;
    }

    /// <summary>Tries the method from a terminal.</summary>
    public static int Main(string[] arguments)
    {
        var options = new List<string> { "--no-groups" };
        var program = "rw2fa-verify";
        var limit = 25.0;
        var isRight = arguments.Length % 2 == 1;
        for (var i = 1; i + 1 < arguments.Length; i += 2)
        {
            if (arguments[i] == "--session") options.Add("--session=" + arguments[i + 1]);
            else if (arguments[i] == "--program") program = arguments[i + 1];
            else if (arguments[i] == "--limit")
                isRight &= double.TryParse(
                    arguments[i + 1], NumberStyles.Float,
                    CultureInfo.InvariantCulture, out limit);
            else isRight = false;
        }
        if (!isRight)
        {
            Console.Error.WriteLine("usage: SecondFactor USER [--session KIND] [--program PATH] [--limit SECONDS]");
            return 1;
        }
        var answer = Ask(arguments[0], Console.In.ReadLine(), options, program, limit);
        Console.WriteLine(answer.Reason);
        if (answer.Errors != "") Console.Error.WriteLine(answer.Errors);
        return answer.Granted ? 0 : 1;
    }
}
