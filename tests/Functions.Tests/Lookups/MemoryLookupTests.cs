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

    [Fact]
    public async Task Get_WhenTheIndexDoesNotAnswer_LoadsTheSpace()
    {
        var store = new MemorySpaceStore(isShared: true);
        await using var writer = await TestServer.StartAsync(options => options with { Store = store, AutoCreate = true });
        (await writer.PutAsync("/v1/spaces/demo/concepts/ada", "{}")).Require(HttpStatusCode.Created);
        await using var server = await TestServer.StartAsync(options => options with { Store = store, LookupsIndex = new SilentIndex() });

        var reply = await server.GetAsync("/v1/spaces/demo/concepts/ada");

        Assert.False(reply.Require(HttpStatusCode.OK).Headers.ContainsKey("Cairn-Source"));
        (await server.GetAsync("/v1/spaces/other/concepts/ada")).RequireProblem(404, "unknown-space");
    }

    private sealed class SilentIndex : ILookupsIndex
    {
        private static CairnException Silent => new(ErrorKind.Unavailable, "the index does not answer");

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
