var builder = WebApplication.CreateSlimBuilder(args);

// The Functions host names the port it will call. Alone, serve on the loopback address unless told otherwise.
if (builder.Configuration["FUNCTIONS_CUSTOMHANDLER_PORT"] is { Length: > 0 } port)
    builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
else if (builder.Configuration["urls"] is null)
    builder.WebHost.UseUrls("http://127.0.0.1:7070");

var app = builder.Build();

app.MapGet("/health", () => TypedResults.Text("""{"status":"ok"}""", "application/json"));

await app.RunAsync();
