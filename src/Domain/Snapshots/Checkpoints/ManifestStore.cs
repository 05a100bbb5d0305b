using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Snapshots.Checkpoints;

/// <summary>
/// The manifests of one life of a space. Any thread. The newest is found by a list: a blob that names it could be set back by a request that comes late, and from one that is
/// kept there is no way past those that were deleted behind it.
/// </summary>
internal sealed class ManifestStore(IBlobStore blobs, Incarnation incarnation)
{
    private const int MaxLooks = 8;

    /// <summary>The manifest with the highest number; null: there is none.</summary>
    /// <exception cref="CairnException">Corrupt: it is damaged, or of another life. Unavailable.</exception>
    public ValueTask<Manifest?> FindNewestAsync(CancellationToken cancellationToken) => FindNewestAsync(unless: 0, cancellationToken);

    /// <summary>The manifest with the highest number; null: there is none, or it has a number that the caller knows, and then it is not read.</summary>
    /// <exception cref="CairnException">As without a number.</exception>
    public async ValueTask<Manifest?> FindNewestAsync(long unless, CancellationToken cancellationToken)
    {
        for (var looks = 0; looks < MaxLooks; looks++)
        {
            // One that is gone when it is read has a newer one behind it.
            var numbers = await ListAsync(cancellationToken).ConfigureAwait(false);
            if (numbers.Count == 0 || numbers[^1] == unless)
            {
                return null;
            }

            if (await FindAsync(numbers[^1], cancellationToken).ConfigureAwait(false) is { } newest)
            {
                return newest;
            }
        }

        throw new CairnException(ErrorKind.Unavailable, $"the newest manifest was gone when it was read, {MaxLooks} times") { RetryAfter = TimeSpan.FromSeconds(1) };
    }

    /// <summary>A manifest by its number; null: there is none.</summary>
    /// <exception cref="CairnException">Corrupt.</exception>
    public async ValueTask<Manifest?> FindAsync(long number, CancellationToken cancellationToken)
    {
        if (number < 1 || await blobs.ReadAsync(Manifest.NameOf(number), Manifest.MaxBytes, cancellationToken).ConfigureAwait(false) is not { } bytes)
        {
            return null;
        }

        var manifest = ManifestCodec.Read(bytes, Manifest.NameOf(number));
        return manifest.Number == number && manifest.Incarnation == incarnation
            ? manifest
            : throw new CairnException(ErrorKind.Corrupt, $"{Manifest.NameOf(number)} says that it is number {manifest.Number} of {manifest.Incarnation}");
    }

    /// <summary>The numbers of the manifests that are there, ascending.</summary>
    public async ValueTask<IReadOnlyList<long>> ListAsync(CancellationToken cancellationToken)
    {
        var numbers = new List<long>();
        foreach (var blob in await blobs.ListAsync(Manifest.Folder, cancellationToken).ConfigureAwait(false))
        {
            if (Manifest.TryParseName(blob.Name, out var number))
            {
                numbers.Add(number);
            }
        }

        return numbers;
    }

    /// <summary>Makes a manifest the newest. Once it is created, that is not cancelled.</summary>
    /// <exception cref="CairnException">Fenced: another writer has taken its number, or a higher one.</exception>
    public async ValueTask CreateAsync(Manifest manifest, CancellationToken cancellationToken)
    {
        if (!await blobs.CreateAsync(manifest.Name, ManifestCodec.Write(manifest), cancellationToken).ConfigureAwait(false))
        {
            throw new CairnException(ErrorKind.Fenced, $"another process writes checkpoints of this space: {manifest.Name} is taken");
        }

        // A number that was used long ago and deleted is free again for a writer that stood still since then.
        if (await FindNewestAsync(unless: manifest.Number, CancellationToken.None).ConfigureAwait(false) is { } newest && newest.Number > manifest.Number)
        {
            if (!newest.Kept.Any(kept => kept.Number == manifest.Number))
            {
                await DeleteAsync(manifest.Number, CancellationToken.None).ConfigureAwait(false);
            }

            throw new CairnException(ErrorKind.Fenced, $"other processes wrote checkpoints of this space since: {manifest.Name} counts no more");
        }
    }

    /// <summary>Deletes a manifest that does not count any more.</summary>
    public ValueTask<bool> DeleteAsync(long number, CancellationToken cancellationToken) => blobs.DeleteAsync(Manifest.NameOf(number), cancellationToken);
}
