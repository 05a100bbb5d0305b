using Cairn.Storage;

namespace Cairn.Domain.Tests.Storage;

public sealed class MemoryBlobStoreTests : BlobStoreConformance
{
    protected override Task<ISpaceStore> OpenAsync() => Task.FromResult<ISpaceStore>(new MemorySpaceStore());
}
