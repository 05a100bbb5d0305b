using Cairn.Functions.Answers;
using Cairn.Functions.Routing;
using Cairn.Functions.Tokens;

namespace Cairn.Functions.Endpoints;

/// <summary>Reads of the one thing that the path names.</summary>
internal static class SingleReads
{
    public static readonly string[] Takes = [.. Reading.Takes, "fields"];

    public static async Task GetAsync(Call call, Target target, Fields known)
    {
        var fields = FieldSelection.Parse(call.Query["fields"], known);
        var reading = await Reading.OpenAsync(call, target);
        var row = target.FindRow(reading.Snapshot, reading.Now);
        if (row < 0)
        {
            throw target.Unknown();
        }

        if (reading.ValidAt is not null && !target.IsVisible(reading, row))
        {
            throw target.NotValid();
        }

        var version = target.VersionOf(reading.Snapshot, row);
        var incarnation = reading.Record.Incarnation;
        var isNotModified = new Conditions(call, incarnation).IsNotModified(version);
        call.Response.Headers.ETag = VersionTags.Of(incarnation, version);
        if (isNotModified)
        {
            call.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        using var answer = JsonAnswer.Rent();
        target.Write(answer, reading, row, fields);
        await answer.SendAsync(call.Response, StatusCodes.Status200OK, call.Aborted);
    }
}
