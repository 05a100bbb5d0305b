using Cairn.Storage;

namespace Cairn.Domain.Tests.Storage;

public sealed class MemorySpaceStoreTests : SpaceStoreConformance
{
    protected override Task<ISpaceStore> OpenAsync() => Task.FromResult<ISpaceStore>(new MemorySpaceStore());
}
