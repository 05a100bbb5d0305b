using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace Cairn.Benchmarks.Http;

/// <summary>A server that does nothing: what Kestrel costs before a line of ours runs.</summary>
internal static class EmptyKestrelCommand
{
    private static readonly byte[] Answer = "{}"u8.ToArray();

    /// <summary>Serves two bytes of JSON to every request until it is told to end.</summary>
    public static int Run(Options options)
    {
        var port = int.Parse(options.Rest.FirstOrDefault() ?? "0", CultureInfo.InvariantCulture);
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.ListenLocalhost(port);
        });
        var app = builder.Build();
        app.Run(static context =>
        {
            (context.Response.ContentType, context.Response.ContentLength) = ("application/json", Answer.Length);
            return context.Response.Body.WriteAsync(Answer).AsTask();
        });
        app.Run();
        return 0;
    }
}
