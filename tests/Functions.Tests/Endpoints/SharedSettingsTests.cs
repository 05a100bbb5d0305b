using System.Net;
using Cairn.Functions.Tests.Serving;
using Cairn.Reconciliation;
using Cairn.Storage;

namespace Cairn.Functions.Tests.Endpoints;

/// <summary>Settings of a space that two processes serve.</summary>
public sealed class SharedSettingsTests
{
    private const string Space = "/v1/spaces/shared";

    [Fact]
    public async Task Put_WhenAnotherProcessChangedThemMeanwhile_SetsThemBackAllTheSame()
    {
        var store = new MemorySpaceStore(isShared: true);
        var engine = EngineOptions.Default with { TailInterval = TimeSpan.FromHours(1) };
        await using var one = await TestServer.StartAsync(given => given with { Store = store, Engine = engine });
        await using var other = await TestServer.StartAsync(given => given with { Store = store, Engine = engine });
        (await one.PutAsync(Space, """{"halfLife":"P30D"}""")).Require(HttpStatusCode.Created);
        (await other.PutAsync(Space, """{"halfLife":"P3D"}""")).Require(HttpStatusCode.OK);

        (await one.PutAsync(Space, """{"halfLife":"P30D"}""")).Require(HttpStatusCode.OK);

        Assert.Equal("P30D", (await other.GetAsync($"{Space}?consistency=strong")).Require(HttpStatusCode.OK)["halfLife"].GetString());
    }
}
