using Cairn.Storage.Lookups;

namespace Cairn.Domain.Tests.Storage;

public sealed class MemoryLookupsIndexTests : LookupsIndexConformance
{
    protected override Task<ILookupsIndex> OpenAsync() => Task.FromResult<ILookupsIndex>(new MemoryLookupsIndex());
}
