using System.Text;
using Cairn.Functions.Answers;
using Cairn.Functions.Keys;
using Cairn.Functions.Problems;
using Cairn.Functions.Requests;
using Cairn.Functions.Routing;
using Cairn.Functions.Tokens;

namespace Cairn.Functions.Endpoints;

/// <summary>/v1/keys</summary>
internal static class KeyEndpoints
{
    public static readonly Route[] Routes =
    [
        new("POST", "/v1/keys", PostAsync),
        new("GET", "/v1/keys", ListAsync) { Takes = ["limit", "cursor"] },
        new("DELETE", "/v1/keys/{id}", DeleteAsync),
    ];

    private static async Task PostAsync(Call call)
    {
        var (gate, keys) = (call.Service.Gate, Require(call));
        using var body = await RequestBody.ReadJsonAsync(call);
        using var encoder = call.Service.Encoders.Rent();
        var wanted = KeyRequest.Read(encoder.Tape.Parse(body.Text), keys.Now);
        if (!gate.Asks && !(wanted.Scope == AccessScope.Admin && wanted.Spaces.Any(static pattern => pattern.IsAll)))
        {
            throw ProblemException.Of(
                ProblemKinds.Invalid, "from the first key on every request needs one: the first must have the scope 'admin' on all spaces (\"*\"), or nobody could make another");
        }

        var (record, text) = await keys.CreateAsync(wanted.Name, wanted.Spaces, wanted.Scope, wanted.ExpiresAt, call.Aborted);
        gate.Changed(record.Id, isNew: true);
        call.Response.Headers.CacheControl = "no-store";
        using var answer = JsonAnswer.Rent();
        KeyJson.Write(answer.Json, record, text);
        await answer.SendAsync(call.Response, StatusCodes.Status201Created, call.Aborted);
    }

    private static async Task ListAsync(Call call)
    {
        var keys = Require(call);
        var query = ListCursor.QueryOf("keys");
        var limit = Paging.Limit(call);
        var after = call.Query["cursor"] is { } cursor ? Encoding.ASCII.GetString(ListCursor.Read(cursor, SpaceEndpoints.NoSpace, default, query)) : null;
        var page = await keys.ListAsync(after, limit, call.Aborted);
        var next = page.Count < limit ? null : ListCursor.Write(SpaceEndpoints.NoSpace, default, query, Encoding.ASCII.GetBytes(page[^1].Id));
        await Paging.AnswerAsync(call, page, next, static (answer, key) => KeyJson.Write(answer.Json, key));
    }

    private static async Task DeleteAsync(Call call)
    {
        var keys = Require(call);
        var id = Encoding.UTF8.GetString(call.Name("id", Storage.RecordKey.MaxLength));
        var revoked = ApiKey.IsId(id) && await keys.RevokeAsync(id, call.Aborted);
        call.Service.Gate.Changed(id, isNew: false);
        call.Response.StatusCode = revoked
            ? StatusCodes.Status204NoContent
            : throw ProblemException.Of(ProblemKinds.UnknownKey, "there is no key of that id; the id stands between the two '_' of its text");
    }

    private static KeyRegistry Require(Call call) => call.Service.Gate.Keys
        ?? throw ProblemException.Of(ProblemKinds.NotSupported, "the storage account of this service names no table service, where keys would be kept: CAIRN_API_KEY is the only one");
}
