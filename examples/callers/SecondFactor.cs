// Asks rw2fa-verify for the second factor of a login. Add this file to your project, or try it:
//
//   mcs -r:System.Runtime.Serialization -r:System.Xml SecondFactor.cs
//   echo 123456 | mono SecondFactor.exe USER [--session html5|remoteapp|rdp] [--program PATH] [--limit SECONDS]
//
// Needs .NET 5 or newer, or Mono 6 on Unix, and no packages. In your own project, delete Main. The rules for callers
// are in docs/portal.md.

using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Runtime.Serialization.Json;
using System.Text;
using System.Threading.Tasks;
using System.Xml;

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
    /// <summary>One sentence for the user.</summary>
    public string Message { get; private set; }
    /// <summary>The whole answer as JSON, for your own reader of JSON; or null.</summary>
    public string Json { get; private set; }
    /// <summary>The beginning of standard error, for your log.</summary>
    public string Errors { get; private set; }

    SecondFactor(string reason, string errors)
    {
        Outcome = "error";
        Reason = reason;
        Message = "The sign-in is not available now. Tell your administrator.";
        Errors = errors;
    }

    /// <summary>Runs the verifier once and returns an answer, whatever happens.</summary>
    /// <param name="user">The account name that your authenticator returned.</param>
    /// <param name="code">What the user typed; empty if nothing yet.</param>
    /// <param name="options">As in the protocol: one "--group=NAME" for each group, or "--no-groups";
    /// "--client=ID"; "--session=KIND".</param>
    /// <param name="program">An absolute path is safer: it does not depend on PATH.</param>
    /// <param name="limit">The longest wait in seconds. The verifier ends by itself within 20 s.</param>
    public static async Task<SecondFactor> Ask(
        string user, string code, IEnumerable<string> options,
        string program = "rw2fa-verify", double limit = 25)
    {
        try
        {
            return await Run(user, code ?? "", options, program, limit).ConfigureAwait(false);
        }
        catch (Exception failure) // SECURITY: what was not foreseen refuses the user, too.
        {
            return new SecondFactor("failed", failure.Message);
        }
    }

    static async Task<SecondFactor> Run(
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
        // Each of these may block, so each has a task: nothing here waits longer than the limit.
        var output = Task.Run(() => Read(process.StandardOutput.BaseStream, LongestAnswer));
        var errors = Task.Run(() => Read(process.StandardError.BaseStream, LongestErrors));
        var end = Task.Run(async () =>
        {
            Write(process, code);
            await Task.WhenAll(output, errors).ConfigureAwait(false);
            process.WaitForExit();
            return process.ExitCode;
        });
        if (await Task.WhenAny(end, Task.Delay(TimeSpan.FromSeconds(limit))).ConfigureAwait(false) != end)
        {
            Abandon(process, end);
            return new SecondFactor("time-limit", "");
        }
        var exitCode = await end.ConfigureAwait(false);
        process.Dispose();
        return Read(exitCode, output.Result, Encoding.UTF8.GetString(errors.Result));
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
            var line = Utf8.GetBytes(code == "" ? "" : code + "\n");
            input.Write(line, 0, line.Length);
            input.Close();
        }
        catch (IOException)
        {
            // It may end without reading.
        }
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
    /// itself. The tasks that still read then end, too, and close the pipes.</summary>
    static void Abandon(Process process, Task end)
    {
        try
        {
            process.Kill();
        }
        catch (Exception)
        {
            // It belongs to another account, or has just ended.
        }
        end.ContinueWith(ended =>
        {
            var _ = ended.Exception;
            process.Dispose();
        });
    }

    static SecondFactor Read(int exitCode, byte[] output, string errors)
    {
        // Signals are reported as 128 and their number, crashes on Windows as large or negative numbers.
        if (exitCode > 128 || exitCode < 0) return new SecondFactor("killed", errors);
        if (exitCode == 2) return new SecondFactor("wrong-call", errors);
        string outcome, reason, message, json;
        try
        {
            json = Utf8.GetString(output);
            // This reader of JSON comes with every .NET, and refuses a second document.
            var document = new XmlDocument();
            using (var reader = JsonReaderWriterFactory.CreateJsonReader(output, XmlDictionaryReaderQuotas.Max))
                document.Load(reader);
            var root = document.DocumentElement;
            if (root.GetAttribute("type") != "object" || Field(root, "schema", "number") != "1")
                return new SecondFactor("bad-answer", errors);
            outcome = Field(root, "outcome", "string");
            reason = Field(root, "reason", "string");
            message = Field(root, "message", "string");
        }
        catch (Exception) // What is not JSON is reported by several kinds of exceptions.
        {
            return new SecondFactor("bad-answer", errors);
        }
        // SECURITY: one document, of the known schema, whose outcome fits the exit code.
        int expected;
        if (!ExitCodes.TryGetValue(outcome, out expected) || expected != exitCode)
            return new SecondFactor("bad-answer", errors);
        return new SecondFactor(reason, errors)
        {
            Granted = outcome == "grant" && exitCode == 0, Outcome = outcome, Message = message, Json = json,
        };
    }

    /// <summary>Returns the text of a field that must be there once and be of this type.</summary>
    static string Field(XmlElement root, string name, string type)
    {
        XmlElement found = null;
        foreach (XmlNode node in root.ChildNodes)
        {
            if (node.LocalName != name) continue;
            if (found != null) throw new FormatException(name);
            found = (XmlElement)node;
        }
        if (found == null || found.GetAttribute("type") != type) throw new FormatException(name);
        return found.InnerText;
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
                    arguments[i + 1], System.Globalization.NumberStyles.Float,
                    System.Globalization.CultureInfo.InvariantCulture, out limit);
            else isRight = false;
        }
        if (!isRight)
        {
            Console.Error.WriteLine("usage: SecondFactor USER [--session KIND] [--program PATH] [--limit SECONDS]");
            return 1;
        }
        var answer = Ask(arguments[0], Console.In.ReadLine(), options, program, limit).Result;
        Console.WriteLine(answer.Reason);
        if (answer.Errors != "") Console.Error.WriteLine(answer.Errors);
        return answer.Granted ? 0 : 1;
    }
}
