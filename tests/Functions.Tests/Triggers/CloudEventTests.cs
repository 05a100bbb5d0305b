using System.Net;
using System.Text.Json;
using Cairn.Functions.Json;
using Cairn.Functions.Problems;
using Cairn.Functions.Triggers;

namespace Cairn.Functions.Tests.Triggers;

/// <summary>Events of other producers, in the envelope of CloudEvents; and when messages say that they were sent.</summary>
public sealed class CloudEventTests
{
    private const string Commit = """{"operations":[{"op":"put","concept":{"id":"ada"}}]}""";

    private static string Event(string id = "4711", string subject = "demo", string more = "", string commit = Commit) =>
        $$"""{"specversion":"1.0","type":"cairn.commit","source":"/shop","id":"{{id}}","subject":"{{subject}}","time":"2026-01-01T00:00:00Z","traceparent":"00"{{more}},"data":{{commit}}}""";

    [Fact]
    public async Task Event_WhenItComes_IsTheCommitInItsData()
    {
        await using var triggers = await TriggerServer.StartAsync();
        await triggers.NewSpaceAsync();

        Assert.Equal("applied", (await triggers.InvokeAsync("ingest-queue", Event(more: ""","datacontenttype":"application/json; charset=utf-8" """), "m1")).Member("ReturnValue"));

        (await triggers.GetAsync("/v1/spaces/demo/concepts/ada")).Require(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Event_WhenItsProducerSendsItAgain_IsADuplicateByItsSourceAndId()
    {
        await using var triggers = await TriggerServer.StartAsync();
        await triggers.NewSpaceAsync();
        await triggers.InvokeAsync("ingest-queue", Event(), "m1");

        Assert.Equal("duplicate", (await triggers.InvokeAsync("ingest-queue", Event(), "m2")).Member("ReturnValue"));
        Assert.Equal("applied", (await triggers.InvokeAsync("ingest-queue", Event(id: "4712"), "m3")).Member("ReturnValue"));

        var id = CloudEvent.NameOf("/shop"u8, "4711"u8);
        Assert.Equal("committed", (await triggers.GetAsync($"/v1/spaces/demo/commits/{id}")).Require(HttpStatusCode.OK).Member("outcome"));
        Assert.Equal("ce-6808628d249e74393948a6da2cdeafc5", id); // it must never change: duplicates are known by it
    }

    [Theory]
    [InlineData("specversion", """{"specversion":"0.3","type":"cairn.commit","source":"/a","id":"1","subject":"demo","data":{}}""")]
    [InlineData("type", """{"specversion":"1.0","type":"com.example.order","source":"/a","id":"1","subject":"demo","data":{}}""")]
    [InlineData("subject", """{"specversion":"1.0","type":"cairn.commit","source":"/a","id":"1","subject":"No","data":{}}""")]
    [InlineData("", """{"specversion":"1.0","type":"cairn.commit","source":"/a","id":"1","data":{}}""")]
    [InlineData("", """{"specversion":"1.0","type":"cairn.commit","source":"/a","id":"1","subject":"demo","data_base64":"e30="}""")]
    [InlineData("id", """{"specversion":"1.0","type":"cairn.commit","source":"/a","id":"","subject":"demo","data":{}}""")]
    [InlineData("source", """{"specversion":"1.0","type":"cairn.commit","source":"a\nb","id":"1","subject":"demo","data":{}}""")]
    [InlineData("datacontenttype", """{"specversion":"1.0","type":"cairn.commit","source":"/a","id":"1","subject":"demo","datacontenttype":"text/xml","data":{}}""")]
    public void Event_WhenItIsNoCommit_IsRefusedWhereItIsWrong(string member, string text)
    {
        using var tape = new JsonTape();

        var problem = Assert.Throws<ProblemException>(() => IngestMessage.Read(tape.Parse(System.Text.Encoding.UTF8.GetBytes(text)))).Problem;

        Assert.Equal(member.Length == 0 ? "" : $"/{member}", problem.Pointer);
    }

    [Fact]
    public async Task Message_WhenItWasFirstSentLongAgo_IsTooOldWhateverTheQueueSays()
    {
        await using var triggers = await TriggerServer.StartAsync();
        await triggers.NewSpaceAsync();
        string Message(TimeSpan age, string id) => JsonSerializer.Serialize(new
        {
            space = "demo",
            sentAt = (DateTimeOffset.UtcNow - age).ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", System.Globalization.CultureInfo.InvariantCulture),
            commit = new { id, operations = new[] { new { op = "put", concept = new { id = "ada" } } } },
        });

        Assert.Equal("poisoned", (await triggers.InvokeAsync("ingest-queue", Message(TimeSpan.FromHours(13), "c1"), "m1")).Member("ReturnValue"));
        Assert.Equal("applied", (await triggers.InvokeAsync("ingest-queue", Message(TimeSpan.FromHours(11), "c2"), "m2")).Member("ReturnValue"));

        // Nobody sends a message after the queue took it: the queue's time stands.
        Assert.Equal("poisoned", (await triggers.InvokeAsync("ingest-queue", Message(-TimeSpan.FromDays(1), "c3"), "m3", sentAt: DateTimeOffset.UtcNow.AddHours(-13))).Member("ReturnValue"));
    }
}
