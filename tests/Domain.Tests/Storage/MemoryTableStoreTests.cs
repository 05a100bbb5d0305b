using Cairn.Storage;

namespace Cairn.Domain.Tests.Storage;

public sealed class MemoryTableStoreTests : TableStoreConformance
{
    protected override Task<ITableStore> OpenTablesAsync() => Task.FromResult<ITableStore>(new MemoryTableStore());
}
