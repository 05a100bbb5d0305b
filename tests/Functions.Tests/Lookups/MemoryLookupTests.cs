using System.Net;
using Cairn.Functions.Tests.Serving;
using Cairn.Primitives;
using Cairn.Storage;
using Cairn.Storage.Lookups;

namespace Cairn.Functions.Tests.Lookups;

public sealed class MemoryLookupTests : LookupTests
{
    private readonly MemoryLookupsIndex _index = new();

    protected override ILookupsIndex NewIndex() => _index;

    [Theory]
    [InlineData(ErrorKind.Unavailable)]
    [InlineData(ErrorKind.Throttled)]
    [InlineData(ErrorKind.Corrupt)]
    [InlineData(ErrorKind.Internal)]
    public async Task Get_WhenTheIndexDoesNotAnswer_LoadsTheSpace(ErrorKind kind)
    {
        var store = new MemorySpaceStore(isShared: true);
        await using var writer = await TestServer.StartAsync(options => options with { Store = store, AutoCreate = true });
        (await writer.PutAsync("/v1/spaces/demo/concepts/ada", "{}")).Require(HttpStatusCode.Created);
        await using var server = await TestServer.StartAsync(options => options with { Store = store, LookupsIndex = new SilentIndex(new CairnException(kind, "the index does not answer")) });

        var reply = await server.GetAsync("/v1/spaces/demo/concepts/ada");

        Assert.False(reply.Require(HttpStatusCode.OK).Headers.ContainsKey("Cairn-Source"));
        (await server.GetAsync("/v1/spaces/other/concepts/ada")).RequireProblem(404, "unknown-space");
    }

    [Fact]
    public async Task Stop_WhenTheIndexFailsAsNobodyExpects_ClosesTheSpaces()
    {
        var store = new MemorySpaceStore(isShared: true);
        var server = await TestServer.StartAsync(options => options with { Store = store, AutoCreate = true, LookupsIndex = new SilentIndex(new InvalidOperationException()) });
        (await server.PostAsync("/v1/spaces/demo/commits", """{"operations":[{"op":"put","concept":{"id":"ada"}}]}""")).Require(HttpStatusCode.OK);

        await server.DisposeAsync();

        Assert.Empty(server.Service.Catalog.Open);
    }

    private sealed class SilentIndex(Exception silent) : ILookupsIndex
    {
        private Exception Silent => silent;

        public ValueTask<LookupsWatermark?> FindWatermarkAsync(Incarnation life, CancellationToken cancellationToken) => throw Silent;

        public ValueTask<LookupsWatermark?> TryAdvanceAsync(Incarnation life, LookupsWatermark next, CancellationToken cancellationToken) => throw Silent;

        public ValueTask WriteAsync(Incarnation life, IReadOnlyList<LookupDocument> documents, CancellationToken cancellationToken) => throw Silent;

        public ValueTask<IReadOnlyList<LookupDocument?>> ReadAsync(Incarnation life, IReadOnlyList<ReadOnlyMemory<byte>> ids, CancellationToken cancellationToken) => throw Silent;

        public ValueTask<LookupsPage> QueryAsync(Incarnation life, LookupsQuery query, CancellationToken cancellationToken) => throw Silent;

        public ValueTask<IReadOnlyList<Incarnation>> ListAsync(CancellationToken cancellationToken) => throw Silent;

        public ValueTask DropAsync(Incarnation life, CancellationToken cancellationToken) => throw Silent;

        public ValueTask DisposeAsync() => default;
    }
}
