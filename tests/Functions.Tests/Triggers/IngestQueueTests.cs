using System.Net;
using System.Text;
using Cairn.Functions.Tests.Serving;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Functions.Tests.Triggers;

/// <summary>Commits by messages: applied once, whatever is delivered how often; what cannot be goes to the poison queue with its reason.</summary>
public sealed class IngestQueueTests : IAsyncLifetime
{
    private TriggerServer _triggers = null!;

    public async ValueTask InitializeAsync()
    {
        _triggers = await TriggerServer.StartAsync();
        await _triggers.NewSpaceAsync();
    }

    public ValueTask DisposeAsync() => _triggers.DisposeAsync();

    private static string Put(string id, string members = "") =>
        $$$"""{"space":"demo","commit":{{{{members}}}"operations":[{"op":"put","concept":{"id":"{{{id}}}"},"onExists":"fail"}]}}""";

    private async Task<string?> TakeAsync(string text, string id = "m1", int deliveries = 1, DateTimeOffset? sentAt = null) =>
        (await _triggers.InvokeAsync("ingest-queue", text, id, deliveries, sentAt)).Require(HttpStatusCode.OK).Member("ReturnValue");

    [Fact]
    public async Task Message_WhenItIsBase64_IsApplied()
    {
        Assert.Equal("applied", await TakeAsync(Convert.ToBase64String(Encoding.UTF8.GetBytes(Put("a")))));

        (await _triggers.GetAsync("/v1/spaces/demo/concepts/a")).Require(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Message_WhenItComesAgain_IsADuplicateByItsOwnId()
    {
        Assert.Equal("applied", await TakeAsync(Put("a"), "800ae4b3-bdd2-4c08-badd-f08e5a34b865"));

        Assert.Equal("duplicate", await TakeAsync(Put("a"), "800ae4b3-bdd2-4c08-badd-f08e5a34b865", 2));

        Assert.Equal("committed", (await _triggers.GetAsync("/v1/spaces/demo/commits/800ae4b3-bdd2-4c08-badd-f08e5a34b865")).Member("outcome"));
        Assert.Empty(_triggers.Poison.Texts);
    }

    [Fact]
    public async Task Message_WhenItsCommitIsRejected_IsToldUnderItsId()
    {
        await TakeAsync(Put("a"), "m1");

        Assert.Equal("applied", await TakeAsync(Put("a", "\"id\":\"second\","), "m2"));

        Assert.Equal("rejected", (await _triggers.GetAsync("/v1/spaces/demo/commits/second")).Member("outcome"));
        Assert.Empty(_triggers.Poison.Texts);
    }

    /// <summary>What this process holds has ended elsewhere, and there is another one by that name: no message is lost by that.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Message_WhenItsSpaceWasMadeAnewElsewhere_ComesIntoTheNewOne(bool namesItsLife)
    {
        var store = new MemorySpaceStore(isShared: true);
        await using var triggers = await TriggerServer.StartAsync(options => options with { Store = store });
        await using var other = await TestServer.StartAsync(options => options with { Store = store });
        await triggers.NewSpaceAsync();
        await triggers.InvokeAsync("ingest-queue", Put("a"), "m1");
        (await other.DeleteAsync("/v1/spaces/demo")).Require(HttpStatusCode.NoContent);
        var life = (await other.PutAsync("/v1/spaces/demo", "{}")).Require(HttpStatusCode.Created).Member("incarnation");
        var text = namesItsLife ? Put("b").Replace("\"commit\"", $"\"incarnation\":\"{life}\",\"commit\"", StringComparison.Ordinal) : Put("b");

        await triggers.InvokeAsync("ingest-queue", text, "m2");
        await triggers.InvokeAsync("ingest-queue", text, "m2", deliveries: 2);

        (await triggers.GetAsync("/v1/spaces/demo/concepts/b")).Require(HttpStatusCode.OK);
        Assert.Empty(triggers.Poison.Texts);
    }

    [Theory]
    [InlineData("not json", "syntax")]
    [InlineData("bm90IGpzb24=", "syntax")]
    [InlineData("", "syntax")]
    [InlineData("""{"space":"demo"}""", "invalid")]
    [InlineData("""{"space":"No Space","commit":{"operations":[]}}""", "invalid")]
    [InlineData("""{"space":"demo","commit":{"operations":[]},"more":1}""", "unknown-member")]
    [InlineData("""{"space":"demo","commit":{"operations":[{"op":"fly"}]}}""", "invalid")]
    [InlineData("""{"space":"demo","commit":{"operations":[]},"id":"x"}""", "invalid")]
    [InlineData("""{"space":"demo","claim":"../x"}""", "invalid")]
    [InlineData("""{"space":"demo","claim":"gone.json"}""", "claim-missing")]
    [InlineData("""{"space":"other","claim":"gone.json"}""", "claim-missing")]
    [InlineData("""{"space":"other","commit":{"operations":[]}}""", "unknown-space")]
    public async Task Message_WhenNoDeliveryCouldMendIt_IsPoison(string text, string reason)
    {
        Assert.Equal("poisoned", await TakeAsync(text));

        var record = _triggers.SinglePoison();
        Assert.Equal((reason, "ingest-queue", "m1", text), (
            record.GetProperty("reason").GetString(), record.GetProperty("function").GetString(), record.GetProperty("id").GetString(), record.GetProperty("message").GetString()));
        Assert.NotEmpty(record.GetProperty("detail").GetString()!);
        Assert.Equal(1, record.GetProperty("deliveries").GetInt32());
    }

    [Fact]
    public async Task Message_WhenItIsOlderThanHalfTheWindow_IsPoisonUnlessItWasApplied()
    {
        var (young, old) = (DateTimeOffset.UtcNow.AddHours(-11), DateTimeOffset.UtcNow.AddHours(-13));
        Assert.Equal("applied", await TakeAsync(Put("a"), "m1", sentAt: young));

        Assert.Equal("duplicate", await TakeAsync(Put("a"), "m1", sentAt: old));
        Assert.Equal("poisoned", await TakeAsync(Put("b"), "m2", sentAt: old));

        Assert.Equal("too-old", _triggers.SinglePoison().GetProperty("reason").GetString());
        (await _triggers.GetAsync("/v1/spaces/demo/concepts/b")).Require(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Message_WhenItsIdHasAnotherBody_IsPoison()
    {
        await TakeAsync(Put("a", "\"id\":\"same\","), "m1");

        Assert.Equal("poisoned", await TakeAsync(Put("b", "\"id\":\"same\","), "m2"));

        Assert.Equal("idempotency-key-reused", _triggers.SinglePoison().GetProperty("reason").GetString());
    }

    [Fact]
    public async Task Refusal_WhenTheIdIsThatOfAnotherCommit_IsNotToldUnderIt()
    {
        var tables = new MemoryTableStore();
        await using var triggers = await TriggerServer.StartAsync(options => options with { Store = new FailingStore(), Tables = tables });
        await triggers.NewSpaceAsync();
        await triggers.InvokeAsync("ingest-queue", Put("a", "\"id\":\"same\","), "m1");
        await triggers.InvokeAsync("ingest-queue", Put("b", "\"id\":\"same\","), "m2");
        Assert.Empty(await tables.ListAsync("refused", null, 10, TestContext.Current.CancellationToken));

        await triggers.InvokeAsync("ingest-queue", Put("c", "\"id\":\"old\","), "m3", sentAt: DateTimeOffset.UtcNow.AddHours(-13));
        Assert.Single(await tables.ListAsync("refused", null, 10, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Claim_WhenItIsApplied_IsDeleted()
    {
        var commit = $$$"""{"operations":[{"op":"put","concept":{"id":"large","content":"{{{new string('x', 100_000)}}}"}}]}""";
        await _triggers.Claims.WriteAsync("burst/1.json", Encoding.UTF8.GetBytes(commit), TestContext.Current.CancellationToken);
        const string Text = """{"space":"demo","claim":"burst/1.json"}""";

        Assert.Equal("applied", await TakeAsync(Text));
        Assert.Empty(_triggers.Claims.Names);

        // The process ended before its message was deleted: the next delivery finds no claim check, and the commit.
        Assert.Equal("duplicate", await TakeAsync(Text, deliveries: 2));
        Assert.Empty(_triggers.Poison.Texts);
    }

    [Theory]
    [InlineData("", "m1")]
    [InlineData("\"id\":\"mine\",", "mine")]
    public async Task Claim_WhenItsCommitHasAnId_StandsInTheMessageToo(string member, string id)
    {
        var commit = """{"id":"mine","operations":[]}""";
        await _triggers.Claims.WriteAsync("1.json", Encoding.UTF8.GetBytes(commit), TestContext.Current.CancellationToken);

        Assert.Equal(id == "mine" ? "applied" : "poisoned", await TakeAsync($$"""{"space":"demo",{{member}}"claim":"1.json"}"""));
    }

    [Fact]
    public async Task Poison_WhenTheOriginalIsLong_LeavesItInAClaimCheck()
    {
        Assert.Equal("poisoned", await TakeAsync(new string('é', 40_000)));

        var record = _triggers.SinglePoison();
        Assert.Equal(record.GetProperty("claim").GetString(), Assert.Single(_triggers.Claims.Names));
        Assert.InRange(Assert.Single(_triggers.Poison.Texts).Length, 1, 48 * 1024);
    }

    [Fact]
    public async Task Message_WhenThePoisonQueueDoesNotAnswer_ComesAgain()
    {
        _triggers.Poison.Failure = new CairnException(ErrorKind.Unavailable, "no answer");

        (await _triggers.InvokeAsync("ingest-queue", "bad", "m1")).RequireProblem(503, "unavailable");
    }

    [Fact]
    public async Task Message_WhenItCannotBeAppliedNow_ComesAgainAndInTheEndIsPoison()
    {
        var store = new FailingStore();
        await using var failing = await TriggerServer.StartAsync(options => options with { Store = store });
        await failing.NewSpaceAsync();
        store.Failure = new CairnException(ErrorKind.Unavailable, "the disk is full");

        (await failing.InvokeAsync("ingest-queue", Put("a"), "m1")).RequireProblem(503, "unavailable");
        Assert.Empty(failing.Poison.Texts);

        Assert.Equal("poisoned", (await failing.InvokeAsync("ingest-queue", Put("a"), "m1", deliveries: 20)).Member("ReturnValue"));
        Assert.Equal("unavailable", failing.SinglePoison().GetProperty("reason").GetString());
    }

    [Fact]
    public async Task Space_WhenTheFirstWriteMayMakeIt_IsMadeByAMessageThatCanBeRead()
    {
        await using var creating = await TriggerServer.StartAsync(options => options with { AutoCreate = true });

        Assert.Equal("poisoned", (await creating.InvokeAsync("ingest-queue", """{"space":"demo","commit":{"operations":[{}]}}""", "m1")).Member("ReturnValue"));
        (await creating.GetAsync("/v1/spaces/demo")).Require(HttpStatusCode.NotFound);
        Assert.Equal("applied", (await creating.InvokeAsync("ingest-queue", Put("a"), "m2")).Member("ReturnValue"));
        (await creating.GetAsync("/v1/spaces/demo/concepts/a")).Require(HttpStatusCode.OK);
    }
}
