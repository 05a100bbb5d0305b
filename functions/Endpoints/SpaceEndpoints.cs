using System.Text;
using Cairn.Functions.Answers;
using Cairn.Functions.Keys;
using Cairn.Functions.Requests;
using Cairn.Functions.Routing;
using Cairn.Functions.Tokens;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;

namespace Cairn.Functions.Endpoints;

/// <summary>/v1/spaces and /v1/spaces/{space}</summary>
internal static class SpaceEndpoints
{
    private const string Template = "/v1/spaces/{space}";

    /// <summary>A list that is not of one space: its cursors carry this in place of a name and a life.</summary>
    public static readonly SpaceName NoSpace = SpaceName.Parse("---");

    public static readonly Route[] Routes =
    [
        new("GET", "/v1/spaces", ListAsync) { Takes = ["limit", "cursor"] },
        new("PUT", Template, PutAsync),
        new("GET", Template, GetAsync) { Takes = Reading.TakesState },
        new("DELETE", Template, DeleteAsync),
    ];

    private static async Task PutAsync(Call call)
    {
        var name = call.SpaceName();
        using var body = await RequestBody.ReadJsonAsync(call);
        using var encoder = call.Service.Encoders.Rent();
        Func<SpaceSettings, SpaceSettings> change = body.Text.IsEmpty ? settings => settings : SettingsReading.Read(encoder.Tape.Parse(body.Text));
        var (space, created) = await call.Service.Catalog.HoldOrCreateAsync(name, call.Aborted);
        call.Use(space);
        if (!body.Text.IsEmpty)
        {
            await ConfigureAsync(call, space, change);
        }

        await AnswerAsync(call, Reading.Of(call, space), created ? StatusCodes.Status201Created : StatusCodes.Status200OK);
    }

    private static async Task ConfigureAsync(Call call, Space space, Func<SpaceSettings, SpaceSettings> change)
    {
        // Another process may have changed the settings: what is asked for is compared with those that the log has, not with those that were seen last.
        var newest = await space.FreshenAsync(strong: true, call.Aborted);
        await Reading.WaitAsync(call, space, newest, Reading.Wait(call, Reading.DefaultWaitMs));
        if (change(space.Current.Settings) != space.Current.Settings)
        {
            await space.ConfigureAsync(change, call.Aborted);
        }
    }

    private static async Task GetAsync(Call call)
    {
        call.Use(await call.Service.Catalog.HoldAsync(call.SpaceName(), call.Aborted) ?? throw call.UnknownSpace());
        await AnswerAsync(call, await Reading.OpenAsync(call), StatusCodes.Status200OK);
    }

    private static async Task AnswerAsync(Call call, Reading reading, int status)
    {
        if (status == StatusCodes.Status201Created)
        {
            call.Response.Headers.Location = call.Path;
        }

        using var answer = JsonAnswer.Rent();
        SpaceJson.Write(answer.Json, reading.Record, reading.Snapshot.Settings);
        await answer.SendAsync(call.Response, status, call.Aborted);
    }

    private static async Task DeleteAsync(Call call)
    {
        var name = call.SpaceName();
        var ended = call.Service.LookupsUpkeep is null ? null : await call.Service.Catalog.FindClosedAsync(name, call.Aborted);
        if (!await call.Service.Catalog.DeleteAsync(name, call.Aborted))
        {
            throw call.UnknownSpace();
        }

        if (ended is { } space)
        {
            call.Service.LookupsUpkeep!.Ended(space.Record);
        }

        call.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    // What a list shows of a space is what is known without opening it; its settings are one GET away.
    private static async Task ListAsync(Call call)
    {
        var query = ListCursor.QueryOf("spaces");
        var limit = Paging.Limit(call);
        var after = call.Query["cursor"] is { } text ? Encoding.ASCII.GetString(ListCursor.Read(text, NoSpace, default, query)) : "";
        var rest = (await call.Service.Catalog.ListAsync(call.Aborted))
            .Where(record => string.CompareOrdinal(record.Name.ToString(), after) > 0 && call.Caller.May(AccessScope.Read, record.Name.ToString()));
        var page = rest.Take(limit + 1).ToList();
        using var answer = JsonAnswer.Rent();
        answer.Json.WriteStartObject();
        answer.Json.WriteStartArray("items"u8);
        foreach (var record in page.Take(limit))
        {
            SpaceJson.Write(answer.Json, record, settings: null);
        }

        answer.Json.WriteEndArray();
        Paging.WriteCursor(
            answer.Json, page.Count > limit ? ListCursor.Write(NoSpace, default, query, Encoding.ASCII.GetBytes(page[limit - 1].Name.ToString())) : null);
        answer.Json.WriteEndObject();
        await answer.SendAsync(call.Response, StatusCodes.Status200OK, call.Aborted);
    }
}
