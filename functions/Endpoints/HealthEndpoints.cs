using Cairn.Functions.Answers;
using Cairn.Functions.Hosting;
using Cairn.Functions.Routing;

namespace Cairn.Functions.Endpoints;

/// <summary>/health and its two questions: is the process alive, and does it take work.</summary>
internal static class HealthEndpoints
{
    public static readonly Route[] Routes =
    [
        new("GET", "/health", call => AnswerAsync(call, asksForWork: false)) { IsOpen = true },
        new("GET", "/health/live", call => AnswerAsync(call, asksForWork: false)) { IsOpen = true },
        new("GET", "/health/ready", call => AnswerAsync(call, asksForWork: true)) { IsOpen = true },
    ];

    private static async Task AnswerAsync(Call call, bool asksForWork)
    {
        var isStopping = call.Service.IsStopping;
        var isDegraded = call.Service.Storage?.Failure is not null;
        using var answer = JsonAnswer.Rent();
        answer.Json.WriteStartObject();
        answer.Json.WriteString("status"u8, isStopping ? "stopping"u8 : isDegraded ? "degraded"u8 : "ok"u8);
        answer.Json.WriteString("version"u8, ProductVersion.Text);
        if (isDegraded)
        {
            // Anybody may ask this: which storage it is, and what it said, stands in the log.
            answer.Json.WriteStartArray("reasons"u8);
            answer.Json.WriteStringValue("storage: the service does not answer, or gives no access");
            answer.Json.WriteEndArray();
        }

        answer.Json.WriteEndObject();
        await answer.SendAsync(
            call.Response, (isStopping || isDegraded) && asksForWork ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK, call.Aborted);
    }
}
