using System.Net;
using System.Text.Json;

namespace Cairn.Functions.Tests.Triggers;

/// <summary>What the Functions host posts to a custom handler, in each of its forms, and what it is answered.</summary>
public sealed class HostContractTests
{
    private const string Message = """{"space":"demo","commit":{"id":"c1","operations":[{"op":"put","concept":{"id":"ada","attributes":{"x":1.0}}}]}}""";

    [Fact]
    public async Task Queue_WhenPostedAsDocumented_IsApplied()
    {
        // The sample of the documentation: the text of the message as it is, numbers as numbers.
        await using var triggers = await TriggerServer.StartAsync();
        await triggers.NewSpaceAsync();
        var payload = $$"""
            {
              "Data": { "message": {{JsonSerializer.Serialize(Message)}} },
              "Metadata": {
                "DequeueCount": 1,
                "ExpirationTime": "2099-10-16T17:58:31+00:00",
                "Id": "800ae4b3-bdd2-4c08-badd-f08e5a34b865",
                "InsertionTime": "{{DateTimeOffset.UtcNow:yyyy-MM-dd'T'HH:mm:sszzz}}",
                "NextVisibleTime": "2099-10-09T18:08:32+00:00",
                "PopReceipt": "AgAAAAMAAAAAAAAAAgtnj8x+1QE=",
                "sys": { "MethodName": "QueueTrigger", "UtcNow": "2019-10-09T17:58:32.2205399Z", "RandGuid": "24ad4c06-24ad-4e5b-8294-3da9714877e9" }
              }
            }
            """;

        var reply = (await triggers.InvokeAsync("ingest-queue", payload)).Require(HttpStatusCode.OK);

        Assert.Equal(["Outputs", "Logs", "ReturnValue"], reply.Json.EnumerateObject().Select(member => member.Name));
        Assert.Equal("applied", reply["Outputs"].GetProperty("outcome").GetString());
        Assert.Equal("applied", reply["ReturnValue"].GetString());
        Assert.Equal(JsonValueKind.Array, reply["Logs"].ValueKind);
        Assert.Contains("\"x\":1.0", (await triggers.GetAsync("/v1/spaces/demo/concepts/ada")).Require(HttpStatusCode.OK).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Queue_WhenTheHostPutsTheTextIntoAString_IsApplied()
    {
        await using var triggers = await TriggerServer.StartAsync();
        await triggers.NewSpaceAsync();

        Assert.Equal("applied", (await triggers.InvokeAsync("ingest-queue", Message, "m1")).Member("ReturnValue"));
        Assert.Equal("applied", (await triggers.InvokeAsync("ingest-queue", Message.Replace("c1", "c2", StringComparison.Ordinal), "m2")).Member("ReturnValue"));
        Assert.Equal("duplicate", (await triggers.InvokeAsync("ingest-queue", Message, "m1", deliveries: 2)).Member("ReturnValue"));
    }

    [Fact]
    public async Task Timer_WhenPostedAsDocumented_Sweeps()
    {
        await using var triggers = await TriggerServer.StartAsync();
        await triggers.NewSpaceAsync();
        const string Payload = """
            {"Data":{"timer":{"Schedule":{"AdjustForDST":true},"ScheduleStatus":{"Last":"2026-01-01T00:17:00","LastUpdated":"2026-01-01T00:17:00","Next":"2026-01-01T01:17:00"},"IsPastDue":false}},
             "Metadata":{"sys":{"MethodName":"sweep","UtcNow":"2026-01-01T01:17:00Z","RandGuid":"24ad4c06-24ad-4e5b-8294-3da9714877e9"}}}
            """;

        var reply = (await triggers.InvokeAsync("sweep", Payload)).Require(HttpStatusCode.OK);

        Assert.Equal(("swept", "1 spaces"), (reply.Member("ReturnValue"), reply["Logs"][0].GetString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"Data":null}""")]
    [InlineData("""{"Data":{},"Metadata":{"Id":"1"}}""")]
    [InlineData("""{"Data":{"message":"{}"}}""")]
    [InlineData("""{"Data":{"events":"[\"{}\"]"},"Metadata":{"SequenceNumberArray":"[1,2]","EnqueuedTimeUtcArray":"[\"2026-01-01T00:00:00Z\"]"}}""")]
    [InlineData("""{"Data":{"message":"{}","events":"[\"{}\"]"},"Metadata":{"Id":"1","InsertionTime":"soon","PartitionContext":{"PartitionId":"1"},"SequenceNumberArray":"[1]","EnqueuedTimeUtcArray":"[\"soon\"]"}}""")]
    public async Task Payload_WhenItIsNone_IsRefused(string payload)
    {
        await using var triggers = await TriggerServer.StartAsync();

        foreach (var function in new[] { "ingest-queue", "ingest-events", "reconcile", "import" })
        {
            Assert.InRange((int)(await triggers.InvokeAsync(function, payload)).Status, 400, 499);
        }
    }
}
