using Cairn.Primitives;

namespace Cairn.Infra.Local;

/// <summary>
/// Lets one writer at a time change the records of a folder: threads of this process by a semaphore, other processes by an operating-system lock, held for the
/// few milliseconds of one change, that ends with its process however that ends.
/// </summary>
internal sealed class TableLock(string folder, TimeProvider time) : IDisposable
{
    private const string LockName = ".lock";

    // A change takes milliseconds: who holds the lock for longer has stopped.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5), Pause = TimeSpan.FromMilliseconds(10);

    private readonly SemaphoreSlim _threads = new(1);

    /// <summary>Waits for the turn; disposing what it gives ends it.</summary>
    /// <exception cref="CairnException">Unavailable: another process does not let go, or the folder cannot be written.</exception>
    public async ValueTask<IDisposable> TakeAsync(CancellationToken cancellationToken)
    {
        await _threads.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return new Turn(_threads, await OpenAsync(cancellationToken).ConfigureAwait(false));
        }
        catch
        {
            _threads.Release();
            throw;
        }
    }

    public void Dispose() => _threads.Dispose();

    private async ValueTask<FileStream> OpenAsync(CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder, LockName);
        for (var began = time.GetTimestamp(); ;)
        {
            try
            {
                return LocalFailure.Guard(path, () =>
                {
                    DurableFile.CreateFolder(folder);
                    return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                });
            }
            catch (CairnException failure) when (failure.InnerException is IOException busy && LocalFailure.IsInUse(busy) && time.GetElapsedTime(began) < Patience)
            {
                await Task.Delay(Pause, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private sealed class Turn(SemaphoreSlim threads, FileStream file) : IDisposable
    {
        // The file stays: who deletes a locked file lets a third process lock a new one.
        public void Dispose()
        {
            file.Dispose();
            threads.Release();
        }
    }
}
