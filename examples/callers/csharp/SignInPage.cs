// A sign-in page with a second factor for ASP.NET Core 8 or newer: a password page, a page with the QR code and the
// field for the code, and a page for users who are in. Together with SecondFactor.cs, without its Main, this is a
// whole program:
//
//   dotnet new web -o SignIn && cd SignIn && rm Program.cs
//   cp PATH/SignInPage.cs PATH/SecondFactor.cs . && dotnet run
//
// Replace CheckPassword, GroupsOf and the last page by your own. The rules for callers are in docs/portal.md: this page
// follows them, except that it does not end the grants of a client at sign-out, and that it shows a second click on
// the button as a code that was used.

#nullable enable
using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text.Encodings.Web;
using System.Threading.Tasks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddDistributedMemoryCache();
builder.Services.AddSession(options =>
{
    // Another site cannot submit the forms of this one, and the cookie never travels unencrypted.
    options.Cookie.SameSite = SameSiteMode.Strict;
    options.Cookie.SecurePolicy = CookieSecurePolicy.Always;
});
var app = builder.Build();
app.UseSession();
app.Use(async (context, next) =>
{
    // The page of an enrolment shows the secret.
    context.Response.Headers["Cache-Control"] = "no-store";
    context.Response.Headers["Content-Security-Policy"] =
        "default-src 'none'; img-src data:; form-action 'self'; frame-ancestors 'none'";
    await next(context);
});

app.MapGet("/", () => PasswordPage(""));

app.MapPost("/password", async (HttpContext context) =>
{
    var form = await context.Request.ReadFormAsync();
    var account = CheckPassword(form["user"].ToString(), form["password"].ToString());
    if (account == null) return PasswordPage("The name or the password is wrong.");
    context.Session.Clear();
    context.Session.SetString("account", account);
    // One id for each portal session, and not the cookie.
    context.Session.SetString("client", Guid.NewGuid().ToString("N"));
    return await Ask(context, "");
});

app.MapPost("/code", async (HttpContext context) =>
{
    var code = (await context.Request.ReadFormAsync())["code"].ToString();
    // A call without a code would show the QR code again, or send another message.
    return code == "" ? CodePage("Enter the code.", null, null) : await Ask(context, code);
});

app.MapGet("/desktops", (HttpContext context) =>
    context.Session.GetString("entered") == null
        ? Results.Redirect("/")
        : Page("Desktops", Html($"<p>{context.Session.GetString("account")} is signed in.</p>")));

app.Run();

// Asks the verifier, and answers the browser.
static async Task<IResult> Ask(HttpContext context, string code)
{
    var account = context.Session.GetString("account");
    if (account == null) return Results.Redirect("/");
    var options = GroupsOf(account).Select(group => "--group=" + group).DefaultIfEmpty("--no-groups").ToList();
    options.Add("--client=" + context.Session.GetString("client"));
    options.Add("--ip=" + context.Connection.RemoteIpAddress);
    options.Add("--language=" + context.Request.Headers["Accept-Language"]);
    options.Add("--qr=png");
    // The verifier waits for locks and for the SMS gateway: this must not block the server.
    var answer = await Task.Run(() => SecondFactor.Ask(account, code, options));
    if (answer.Errors != "") Console.Error.WriteLine(answer.Errors);
    if (answer.Granted)
    {
        context.Session.SetString("entered", "yes");
        return Results.Redirect("/desktops");
    }
    var canTry = answer.Outcome == "challenge" || answer.Reason == "wrong-code" || answer.Reason == "code-used";
    if (!canTry) return Page("Refused", Html($"<p>{answer.Message}</p>"));
    object? enrolment = null, qr = null, secret = null;
    answer.Document?.TryGetValue("enrolment", out enrolment);
    (enrolment as Dictionary<string, object>)?.TryGetValue("qr", out qr);
    (enrolment as Dictionary<string, object>)?.TryGetValue("secret", out secret);
    return CodePage(answer.Message, qr as string, secret as string);
}

static IResult PasswordPage(string message) => Page("Sign in", Html($"""
    <p>{message}</p>
    <form method="post" action="/password">
      <label>Name <input name="user" autocomplete="username" required></label>
      <label>Password <input name="password" type="password" autocomplete="current-password" required></label>
      <button>Sign in</button>
    </form>
    """));

static IResult CodePage(string message, string? qr, string? secret)
{
    var picture = qr == null ? "" : Html($"""
        <img src="{qr}" alt="QR code for an authenticator app">
        <p>Without a camera, type this key into the app: <code>{secret}</code></p>
        """);
    return Page("Code", Html($"<p>{message}</p>") + picture + """
        <form method="post" action="/code">
          <label>Code <input name="code" maxlength="40" inputmode="text" autocomplete="one-time-code" autofocus></label>
          <button>Continue</button>
        </form>
        """);
}

static IResult Page(string title, string body) => Results.Content(
    Html($"<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title><h1>{title}</h1>") + body,
    "text/html; charset=utf-8");

// SECURITY: every value that comes into a page comes through here, and is encoded.
static string Html(FormattableString html) => string.Format(
    CultureInfo.InvariantCulture, html.Format,
    html.GetArguments().Select(value => HtmlEncoder.Default.Encode(value?.ToString() ?? "")).ToArray<object>());

// Yours: checks the password, and returns the account's name as your directory spells it; null if it is wrong.
static string? CheckPassword(string user, string password) => throw new NotImplementedException();

// Yours: returns all groups of the account, and throws if they are unknown.
static IEnumerable<string> GroupsOf(string account) => throw new NotImplementedException();
