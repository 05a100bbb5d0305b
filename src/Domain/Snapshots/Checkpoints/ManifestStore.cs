using System.Globalization;
using System.Text;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Snapshots.Checkpoints;

/// <summary>The manifests of one life of a space. Any thread.</summary>
internal sealed class ManifestStore(IBlobStore blobs, Incarnation incarnation)
{
    private const int HintBytes = 64;
    private const int MaxLooks = 8;

    // Number of the manifest whose hint could not be written; 0: none.
    private long _withoutHint;

    /// <summary>The manifest with the highest number; null: there is none.</summary>
    /// <exception cref="CairnException">Corrupt: it is damaged, or of another life.</exception>
    public async ValueTask<Manifest?> FindNewestAsync(CancellationToken cancellationToken)
    {
        // The hint is written behind the manifest, so that it may be some numbers behind, and never before.
        var newest = await FindAsync(await ReadHintAsync(cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false)
            ?? await FindListedAsync(cancellationToken).ConfigureAwait(false);
        while (newest is not null && await FindAsync(newest.Number + 1, cancellationToken).ConfigureAwait(false) is { } next)
        {
            newest = next;
        }

        return newest;
    }

    /// <summary>The manifest with the highest number, by a list of all: from a hint that is old a writer that stood still may have made one that counts no more look like it.</summary>
    /// <exception cref="CairnException">As <see cref="FindNewestAsync"/>.</exception>
    public async ValueTask<Manifest?> FindListedAsync(CancellationToken cancellationToken)
    {
        for (var looks = 0; looks < MaxLooks; looks++)
        {
            // One that is gone when it is read has a newer one behind it.
            var numbers = await ListAsync(cancellationToken).ConfigureAwait(false);
            if (numbers.Count == 0)
            {
                return null;
            }

            if (await FindAsync(numbers[^1], cancellationToken).ConfigureAwait(false) is { } newest)
            {
                return newest;
            }
        }

        return null;
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
        if (await FindListedAsync(CancellationToken.None).ConfigureAwait(false) is { } newest && newest.Number > manifest.Number)
        {
            if (!newest.Kept.Any(kept => kept.Number == manifest.Number))
            {
                // Whoever goes by the hint finds no way past the gap.
                await WriteHintAsync(newest.Number, CancellationToken.None).ConfigureAwait(false);
                await DeleteAsync(manifest.Number, CancellationToken.None).ConfigureAwait(false);
            }

            throw new CairnException(ErrorKind.Fenced, $"other processes wrote checkpoints of this space since: {manifest.Name} counts no more");
        }

        try
        {
            await WriteHintAsync(manifest.Number, CancellationToken.None).ConfigureAwait(false);
        }
        catch (CairnException)
        {
            // The checkpoint counts without it: a hint that is behind is looked past, as long as nothing in between is deleted.
            Volatile.Write(ref _withoutHint, manifest.Number);
        }
    }

    /// <summary>Writes the hint if that failed when a manifest was created. Before manifests are deleted: from one that is kept a hint that is behind would lead no further.</summary>
    /// <param name="newest">The manifest with the highest number.</param>
    /// <param name="cancellationToken">Ends the writing.</param>
    /// <exception cref="CairnException">Unavailable: it still cannot be written.</exception>
    public ValueTask RequireHintAsync(Manifest newest, CancellationToken cancellationToken) =>
        Volatile.Read(ref _withoutHint) == newest.Number ? WriteHintAsync(newest.Number, cancellationToken) : default;

    private async ValueTask WriteHintAsync(long number, CancellationToken cancellationToken)
    {
        await blobs.ReplaceAsync(Manifest.Hint, Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture)), cancellationToken).ConfigureAwait(false);
        Volatile.Write(ref _withoutHint, 0);
    }

    /// <summary>Deletes a manifest that does not count any more.</summary>
    public ValueTask<bool> DeleteAsync(long number, CancellationToken cancellationToken) => blobs.DeleteAsync(Manifest.NameOf(number), cancellationToken);

    // A hint that makes no sense is none.
    private async ValueTask<long> ReadHintAsync(CancellationToken cancellationToken) =>
        await blobs.ReadAsync(Manifest.Hint, HintBytes, cancellationToken).ConfigureAwait(false) is { } bytes
            && long.TryParse(bytes, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
