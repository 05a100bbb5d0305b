using System.Diagnostics;
using System.Globalization;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Infra.Blob;

/// <summary>The log files of one space as append blobs, <c>log/{n, 7 digits}.log</c>. Safe to use from many threads and by many processes.</summary>
/// <remarks>
/// Invariants: an append is sent once and carries no condition, so its answer alone says where it stands, and a lost answer is Unknown;
/// a blob of no bytes is a creation that did not get to its header: it counts as absent, and whoever creates the file completes it, by an
/// append that only succeeds at offset 0.
/// </remarks>
internal sealed class AzureLogStore(AzureLife life) : ILogStore
{
    // 50,000 is the service's limit; the rest is for the roll frame and for writers that have not seen it.
    private const int AppendsPerFile = 45_000;

    private const string Folder = "log/";
    private const string Extension = ".log";
    private const int NumberDigits = 7;
    private const int MaxHeaderAttempts = 3;

    public int MaxAppendsPerFile => AppendsPerFile;

    public long MaxFileBytes => 1L << 30;

    public bool IsSoleWriter => false;

    public TimeSpan ClockLead => life.Container.Clock.Lead ?? TimeSpan.Zero;

    public async ValueTask<IReadOnlyList<int>> ListFilesAsync(CancellationToken cancellationToken)
    {
        var files = await AzureFailure.GuardAsync(life.Describe(Folder), () => ListAsync(cancellationToken), cancellationToken).ConfigureAwait(false);
        if (files.Count == 0)
        {
            await life.RequireThereAsync(cancellationToken).ConfigureAwait(false);
        }

        files.Sort();
        return files;
    }

    public async ValueTask<bool> CreateFileAsync(int file, ReadOnlyMemory<byte> header, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await life.RequireThereAsync(cancellationToken).ConfigureAwait(false);
        await AzureFailure.GuardAsync(Describe(file), () => CreateEmptyAsync(file, cancellationToken), cancellationToken).ConfigureAwait(false);
        Exception? lost = null;
        for (var attempt = 0; attempt < MaxHeaderAttempts; attempt++)
        {
            try
            {
                var conditions = new AppendBlobRequestConditions { IfAppendPositionEqual = 0 };
                await SendAsync(file, header, conditions, cancellationToken).ConfigureAwait(false);
                return true;
            }
            catch (RequestFailedException failure) when (failure.Status == 412)
            {
                // Something stands there. It can only be ours if we do not know what became of an earlier attempt.
                return lost is not null && await BeginsWithAsync(file, header, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception failure) when (AzureFailure.Is(failure, cancellationToken))
            {
                lost = AzureFailure.MayHaveHappened(failure) ? failure : throw AzureFailure.Translate(failure, Describe(file));
            }
        }

        throw AzureFailure.Translate(lost!, Describe(file));
    }

    public async ValueTask<long> AppendAsync(int file, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var started = Stopwatch.GetTimestamp();
        try
        {
            // Once the bytes are on their way, giving up would only hide where they went.
            var answer = await SendAsync(file, bytes, null, CancellationToken.None).ConfigureAwait(false);
            return long.Parse(answer.BlobAppendOffset, NumberStyles.None, CultureInfo.InvariantCulture);
        }
        catch (Exception failure) when (AzureFailure.Is(failure, CancellationToken.None))
        {
            throw AzureFailure.MayHaveHappened(failure) ? AzureFailure.Unknown(failure, Describe(file))
                : IsFull(failure) ? AzureFailure.Unavailable($"{Describe(file)} takes no more appends", failure)
                : AzureFailure.Translate(failure, Describe(file));
        }
        finally
        {
            AzureInstruments.AppendDuration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds);
        }
    }

    public async ValueTask<int> ReadAsync(int file, long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (buffer.IsEmpty)
        {
            return 0;
        }

        try
        {
            var options = new BlobDownloadOptions { Range = new HttpRange(offset, buffer.Length) };
            using var answer = (await Blob(life.Container.Retrying, file).DownloadStreamingAsync(options, cancellationToken).ConfigureAwait(false)).Value;
            var read = await answer.Content.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            return read > 0 || offset > 0 ? read : throw Absent(file);
        }
        catch (RequestFailedException failure) when (AzureFailure.IsPastEnd(failure))
        {
            return offset > 0 ? 0 : throw Absent(file);
        }
        catch (Exception failure) when (AzureFailure.Is(failure, cancellationToken))
        {
            throw AzureFailure.Translate(failure, Describe(file));
        }
    }

    public async ValueTask<long> GetLengthAsync(int file, CancellationToken cancellationToken)
    {
        var properties = await AzureFailure.GuardAsync(
            Describe(file),
            () => Blob(life.Container.Retrying, file).GetPropertiesAsync(cancellationToken: cancellationToken),
            cancellationToken).ConfigureAwait(false);
        return properties.Value.ContentLength is > 0 and var lengthBytes ? lengthBytes : throw Absent(file);
    }

    // An append blob only grows.
    public ValueTask<bool> TryCutAsync(int file, long offset, CancellationToken cancellationToken) => new(false);

    public ValueTask<bool> DeleteFileAsync(int file, CancellationToken cancellationToken) => BlobDeletion.RunAsync(life, NameOf(file), cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static string NameOf(int file) => Folder + file.ToString($"D{NumberDigits}", CultureInfo.InvariantCulture) + Extension;

    private static bool IsFull(Exception failure) => failure is RequestFailedException { ErrorCode: "BlockCountExceedsLimit" or "MaxBlobSizeConditionNotMet" };

    private string Describe(int file) => life.Describe(NameOf(file));

    private AppendBlobClient Blob(BlobContainerClient client, int file) => client.GetAppendBlobClient(life.PathOf(NameOf(file)));

    private CairnException Absent(int file) => new(ErrorKind.NotFound, $"{Describe(file)} does not exist");

    private async Task<List<int>> ListAsync(CancellationToken cancellationToken)
    {
        var prefix = life.PathOf(Folder);
        var files = new List<int>();
        await foreach (var blob in life.Container.Retrying.GetBlobsAsync(prefix: prefix, cancellationToken: cancellationToken).ConfigureAwait(false))
        {
            var text = Path.GetFileNameWithoutExtension(blob.Name.AsSpan(prefix.Length));
            var isNumber = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number);
            if (isNumber && blob.Name == life.PathOf(NameOf(number)) && blob.Properties.ContentLength > 0)
            {
                files.Add(number);
            }
        }

        return files;
    }

    private async Task<bool> CreateEmptyAsync(int file, CancellationToken cancellationToken)
    {
        try
        {
            var options = new AppendBlobCreateOptions { Conditions = new AppendBlobRequestConditions { IfNoneMatch = ETag.All } };
            await Blob(life.Container.Retrying, file).CreateAsync(options, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (RequestFailedException failure) when (AzureFailure.IsCondition(failure))
        {
            return false;
        }
    }

    private async Task<BlobAppendInfo> SendAsync(
        int file, ReadOnlyMemory<byte> bytes, AppendBlobRequestConditions? conditions, CancellationToken cancellationToken)
    {
        using var content = BinaryData.FromBytes(bytes).ToStream();
        var options = new AppendBlobAppendBlockOptions { Conditions = conditions };
        return (await Blob(life.Container.Once, file).AppendBlockAsync(content, options, cancellationToken).ConfigureAwait(false)).Value;
    }

    private async ValueTask<bool> BeginsWithAsync(int file, ReadOnlyMemory<byte> header, CancellationToken cancellationToken)
    {
        var there = new byte[header.Length];
        var read = await ReadAsync(file, 0, there, cancellationToken).ConfigureAwait(false);
        return there.AsSpan(0, read).SequenceEqual(header.Span);
    }
}
