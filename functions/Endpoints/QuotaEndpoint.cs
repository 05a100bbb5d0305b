using Cairn.Functions.Answers;
using Cairn.Functions.Json;
using Cairn.Functions.Problems;
using Cairn.Functions.Quotas;
using Cairn.Functions.Requests;
using Cairn.Functions.Routing;

namespace Cairn.Functions.Endpoints;

/// <summary>/v1/spaces/{space}/quota. It belongs to the name: the space need not exist yet.</summary>
internal static class QuotaEndpoint
{
    private const string Template = "/v1/spaces/{space}/quota";

    public static readonly Route[] Routes = [new("GET", Template, GetAsync), new("PUT", Template, PutAsync)];

    private static async Task GetAsync(Call call) => await AnswerAsync(call, await Require(call).FindAsync(call.SpaceName(), call.Aborted));

    private static async Task PutAsync(Call call)
    {
        var space = call.SpaceName();
        using var body = await RequestBody.ReadJsonAsync(call);
        using var encoder = call.Service.Encoders.Rent();
        var change = Read(encoder.Tape.Parse(body.Text));
        var quota = await Require(call).ChangeAsync(space, change, call.Aborted);
        call.Service.Quotas.Forget(space);
        await AnswerAsync(call, quota);
    }

    // Absent members stay as they are; null takes a limit away.
    private static Func<SpaceQuota, SpaceQuota> Read(JsonNode body)
    {
        Func<SpaceQuota, SpaceQuota> change = static quota => quota;
        foreach (var member in body.RequireObject().Members)
        {
            var (before, isRate) = (change, member.Is("requestsPerSecond"u8));
            long? value = member.Value.IsNull ? null : member.Value.RequireInteger(1, isRate ? SpaceQuota.MostRequests : SpaceQuota.Most);
            change = isRate ? quota => before(quota) with { RequestsPerSecond = value }
                : member.Is("concepts"u8) ? quota => before(quota) with { Concepts = value }
                : member.Is("bytes"u8) ? quota => before(quota) with { Bytes = value }
                : throw member.Unknown();
        }

        return change;
    }

    private static async Task AnswerAsync(Call call, SpaceQuota quota)
    {
        using var answer = JsonAnswer.Rent();
        answer.Json.WriteStartObject();
        Write(answer.Json, "concepts"u8, quota.Concepts);
        Write(answer.Json, "bytes"u8, quota.Bytes);
        Write(answer.Json, "requestsPerSecond"u8, quota.RequestsPerSecond);
        answer.Json.WriteEndObject();
        await answer.SendAsync(call.Response, StatusCodes.Status200OK, call.Aborted);
    }

    private static void Write(JsonWriter json, ReadOnlySpan<byte> name, long? limit)
    {
        if (limit is { } number)
        {
            json.WriteNumber(name, number);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static QuotaRegistry Require(Call call) => call.Service.QuotaRecords
        ?? throw ProblemException.Of(ProblemKinds.NotSupported, "the storage account of this service names no table service, where quotas would be kept");
}
