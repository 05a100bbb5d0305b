using Cairn.Domain.Tests.Storage;
using Cairn.Snapshots.Checkpoints;
using Cairn.Storage;

namespace Cairn.Domain.Tests.Reconciliation.History;

/// <summary>Blobs of a space that the last older checkpoint is collected from, by a new manifest, at the moment when its newest segment is opened.</summary>
internal sealed class CollectingBlobs(ISpaceStore spaces)
{
    private Func<string, Task>? _collect;

    public bool HasCollected { get; private set; }

    public IBlobStore Before(IBlobStore blobs) => new Blobs(blobs, this);

    public async Task ArmAsync(SpaceRecord space)
    {
        var blobs = spaces.OpenBlobs(space);
        var manifests = new ManifestStore(blobs, space.Incarnation);
        var newest = (await manifests.FindNewestAsync(CancellationToken.None))!;
        var collected = (await manifests.FindAsync(newest.Kept[^1].Number, CancellationToken.None))!;
        _collect = async name =>
        {
            if (name == collected.Segments[0].Name)
            {
                _collect = null;
                await manifests.CreateAsync(newest with { Number = newest.Number + 1, Kept = [.. newest.Kept.SkipLast(1)] }, CancellationToken.None);
                await manifests.DeleteAsync(collected.Number, CancellationToken.None);
                HasCollected = await blobs.DeleteAsync(name, CancellationToken.None);
            }
        };
    }

    private sealed class Blobs(IBlobStore inner, CollectingBlobs owner) : PassingBlobStore(inner)
    {
        public override async ValueTask<IBlobReader?> OpenAsync(string name, CancellationToken cancellationToken)
        {
            await (owner._collect?.Invoke(name) ?? Task.CompletedTask);
            return await base.OpenAsync(name, cancellationToken);
        }
    }
}
