using Cairn.Storage;

namespace Cairn.Domain.Tests.Storage;

public sealed class MemoryMessageQueueTests : MessageQueueConformance
{
    protected override Task<IMessageQueue> OpenAsync() => Task.FromResult<IMessageQueue>(new MemoryMessageQueue(TimeProvider.System));
}
