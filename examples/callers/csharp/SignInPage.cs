// A sign-in with a second factor for ASP.NET Core 3.1 or newer: a page for the password, then one for the code, which
// shows the QR code to a new user. Together with SecondFactor.cs it is a whole program:
//
//   dotnet new web -o SignIn && cd SignIn && rm Program.cs
//   cp PATH/SignInPage.cs PATH/SecondFactor.cs . && dotnet run --property:StartupObject=SignInPage
//
// Replace CheckPassword, GroupsOf and FrontPage by your own. The rules for callers are in docs/portal.md: a page that
// opens a desktop asks again, with --session. After a double click, the second submit finds the code used: the user
// enters the next one.

#nullable enable
using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Security.Claims;
using System.Text;
using System.Text.Encodings.Web;
using System.Threading.Tasks;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

public static class SignInPage
{
    // Yours: checks the password, and returns the account's name as your directory spells it; null if it is wrong.
    static string? CheckPassword(string name, string password) => throw new NotImplementedException();

    // Yours: returns all groups of the account, and throws if they are unknown.
    static IEnumerable<string> GroupsOf(string account) => throw new NotImplementedException();

    // Yours: the first page for users who are in.
    static string FrontPage(ClaimsPrincipal user) => Html($@"<h1>Desktops</h1><p>{user.Identity!.Name} is signed in.</p>
        <p>{user.FindFirst("message")?.Value}</p><button formaction=""/sign-out"">Sign out</button>");

    // The sign-in: the password, then the verifier. Returns the page to show.
    static async Task<string> SignIn(HttpContext context, IFormCollection form)
    {
        var isFirst = form.ContainsKey("password");
        // The cookie of this name says that the password was right. It opens nothing but the page for the code.
        var user = isFirst ? Identify(CheckPassword(form["name"].ToString(), form["password"].ToString()))
            : (await context.AuthenticateAsync("password")).Principal;
        if (user == null) return PasswordPage(isFirst ? "The name or the password is wrong." : "Sign in again.");
        if (isFirst) await context.SignInAsync("password", user);
        else if (string.IsNullOrWhiteSpace(form["code"])) return CodePage("Enter the code."); // And no call.
        var answer = await Ask(context, user, isFirst ? "" : form["code"].ToString());
        if (!answer.Granted) return Refusal(answer);
        ((ClaimsIdentity)user.Identity!).AddClaim(new Claim("message", answer.Message));
        await context.SignOutAsync("password");
        await context.SignInAsync("entered", user);
        context.Response.Redirect("/");
        return "";
    }

    // A client for each sign-in, and not the cookie itself.
    static ClaimsPrincipal? Identify(string? account)
    {
        if (account == null) return null;
        var claims = new[] { new Claim(ClaimTypes.Name, account), new Claim("client", Guid.NewGuid().ToString("N")) };
        return new ClaimsPrincipal(new ClaimsIdentity(claims, "password"));
    }

    static async Task<SecondFactor> Ask(HttpContext context, ClaimsPrincipal user, string code, params string[] more)
    {
        var account = user.FindFirst(ClaimTypes.Name)!.Value;
        var groups = GroupsOf(account).Select(group => "--group=" + group).DefaultIfEmpty("--no-groups");
        var options = groups.Concat(more).Append("--client=" + user.FindFirst("client")!.Value)
            .Append("--ip=" + context.Connection.RemoteIpAddress)
            .Append("--language=" + context.Request.Headers["Accept-Language"]).ToList();
        // The verifier waits for locks and for the SMS gateway: this must not block the server.
        var answer = await Task.Run(() => SecondFactor.Ask(account, code, options));
        if (answer.Errors != "") Console.Error.WriteLine($"rw2fa-verify: {answer.Reason}: {answer.Errors}");
        return answer;
    }

    static async Task SignOut(HttpContext context)
    {
        await Ask(context, context.User, "", "--end");
        await context.SignOutAsync("entered");
        context.Response.Redirect("/sign-in");
    }

    static string PasswordPage(string message) => Html($@"<h1>Sign in</h1><p>{message}</p>
        <p><label>Name <input name=""name"" autocomplete=""username"" required autofocus></label></p>
        <p><label>Password <input name=""password"" type=""password"" autocomplete=""current-password""></label></p>
        <button formaction=""/sign-in"">Sign in</button>");

    static string CodePage(string message, string qr = "") => Html($@"<h1>Code</h1><p>{message}</p>") + qr + Html($@"
        <p><label>Code <input name=""code"" maxlength=""40"" autocomplete=""one-time-code"" autofocus></label></p>
        <button formaction=""/sign-in"">Continue</button> <a href=""/sign-in"">Start again</a>");

    static string Refusal(SecondFactor answer)
    {
        if (answer.Outcome != "challenge" && answer.Reason != "wrong-code" && answer.Reason != "code-used")
            return Html($@"<h1>Refused</h1><p>{answer.Message}</p><p>Reason: {answer.Reason}</p>
                <a href=""/sign-in"">Start again</a>");
        object? enrolment = null, qr = null, secret = null;
        answer.Document?.TryGetValue("enrolment", out enrolment);
        (enrolment as Dictionary<string, object>)?.TryGetValue("qr", out qr);
        (enrolment as Dictionary<string, object>)?.TryGetValue("secret", out secret);
        // As a picture, and not as a part of the page, where SVG could run scripts.
        return CodePage(answer.Message, qr == null ? "" : Html($@"
            <p><img src=""data:image/svg+xml;base64,{Convert.ToBase64String(Encoding.UTF8.GetBytes((string)qr))}""
                alt=""QR code for an authenticator app"" width=""240""></p>
            <p>Without a camera, type this key into the app: <code>{secret}</code></p>"));
    }

    // SECURITY: every value that comes into a page comes through here, and is encoded.
    static string Html(FormattableString html) => string.Format(
        CultureInfo.InvariantCulture, html.Format,
        html.GetArguments().Select(value => HtmlEncoder.Default.Encode(value?.ToString() ?? "")).ToArray<object>());

    // Answers every request.
    static async Task Serve(HttpContext context)
    {
        var isIn = context.User.Identity!.IsAuthenticated;
        var forgery = context.RequestServices.GetRequiredService<IAntiforgery>();
        var isPost = HttpMethods.IsPost(context.Request.Method);
        if (!await forgery.IsRequestValidAsync(context))
            await Show(context, forgery, PasswordPage("This page was out of date. Sign in again."));
        else if (context.Request.Path == "/sign-in" && isPost)
            await Show(context, forgery, await SignIn(context, await context.Request.ReadFormAsync()));
        else if (context.Request.Path == "/sign-in") await Show(context, forgery, PasswordPage(""));
        else if (!isIn) await context.ChallengeAsync(); // Goes to /sign-in.
        else if (context.Request.Path == "/sign-out" && isPost) await SignOut(context);
        else if (context.Request.Path == "/") await Show(context, forgery, FrontPage(context.User));
        else context.Response.StatusCode = 404;
    }

    static async Task Show(HttpContext context, IAntiforgery forgery, string page)
    {
        // No other site can send these forms. This also forbids caches to keep the page, which may show a secret.
        var token = forgery.GetAndStoreTokens(context);
        context.Response.Headers["Content-Security-Policy"] =
            "default-src 'none'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
        context.Response.ContentType = "text/html; charset=utf-8";
        await context.Response.WriteAsync(Html($@"<!doctype html><html lang=""en""><meta charset=""utf-8"">
            <meta name=""viewport"" content=""width=device-width""><title>Sign in</title><form method=""post"">
            <input type=""hidden"" name=""{token.FormFieldName}"" value=""{token.RequestToken}"">") + page + "</form>");
    }

    // Each cookie is new after the step that it proves. Scripts cannot read it, and other sites cannot use it.
    static Action<CookieAuthenticationOptions> For(TimeSpan lifetime) => options =>
    {
        options.Cookie.SameSite = SameSiteMode.Strict;
        options.Cookie.SecurePolicy = CookieSecurePolicy.Always;
        options.ExpireTimeSpan = lifetime;
        options.SlidingExpiration = false;
        options.LoginPath = "/sign-in";
    };

    public static void Main(string[] args) => Host.CreateDefaultBuilder(args).ConfigureWebHostDefaults(web => web
        .ConfigureServices(services => services.AddAntiforgery().AddAuthentication("entered")
            .AddCookie("entered", For(TimeSpan.FromHours(10))).AddCookie("password", For(TimeSpan.FromMinutes(10))))
        .Configure(app => app.UseAuthentication().Run(Serve))).Build().Run();
}
