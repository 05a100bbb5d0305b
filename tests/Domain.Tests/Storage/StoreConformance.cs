using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Domain.Tests.Storage;

/// <summary>What the conformance suites have in common.</summary>
public abstract class StoreConformance
{
    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    protected static SpaceRecord Record(string name = "demo", ulong life = 1) => new(SpaceName.Parse(name), new(life), new(1_000_000 * (long)life));

    protected static async Task NotFoundAsync(Func<Task> call) => await FailsAsync(ErrorKind.NotFound, call);

    protected static async Task<CairnException> FailsAsync(ErrorKind kind, Func<Task> call)
    {
        var failure = await Assert.ThrowsAsync<CairnException>(call);
        Assert.Equal(kind, failure.Kind);
        return failure;
    }

    /// <summary>An empty store of the test's own.</summary>
    protected abstract Task<ISpaceStore> OpenAsync();
}
