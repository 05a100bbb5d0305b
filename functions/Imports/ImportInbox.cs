using System.Collections.Concurrent;
using Cairn.Functions.Hosting;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Functions.Imports;

/// <summary>
/// Looks for files that wait to be imported, for a process without a Functions host, and imports them: those that somebody put there, bodies that callers sent,
/// and what an earlier process was cut off from.
/// </summary>
/// <remarks>Invariants: at most <see cref="MaxAtOnce"/> imports run; a file for which nothing is to be done is not asked about again while it stays as it is.</remarks>
internal sealed partial class ImportInbox : IAsyncDisposable
{
    private const int MaxAtOnce = 4, MaxRemembered = 10_000;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    private readonly Importer _importer;
    private readonly Service _service;
    private readonly SemaphoreSlim _room = new(MaxAtOnce);
    private readonly CancellationTokenSource _stop;
    private readonly ConcurrentDictionary<ImportFile, byte> _settled = new(), _told = new();
    private readonly Task _loop;
    private bool _wasMissed;

    public ImportInbox(Importer importer, Service service)
    {
        (_importer, _service, _stop) = (importer, service, CancellationTokenSource.CreateLinkedTokenSource(service.Stopping));
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Begins at once if there is room; else the next look finds it.</summary>
    public void Start(ImportFile file)
    {
        if (_room.Wait(0))
        {
            _ = WorkAsync(file);
        }
    }

    /// <summary>Begins no more, and lets those that run note how far they are.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        for (var i = 0; i < MaxAtOnce; i++)
        {
            await _room.WaitAsync(CancellationToken.None);
        }

        _stop.Dispose();
        _room.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                foreach (var file in await TryListAsync())
                {
                    if (!_settled.ContainsKey(file))
                    {
                        await _room.WaitAsync(_stop.Token);
                        _ = WorkAsync(file);
                    }
                }

                await Task.Delay(Interval, _service.Time, _stop.Token);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
    }

    // Told when it begins and when it ends, not at each try. Whatever else goes wrong, the loop goes on.
    private async Task<IReadOnlyList<ImportFile>> TryListAsync()
    {
        try
        {
            var files = await _importer.Files.ListAsync(_stop.Token);
            if (_wasMissed)
            {
                LogBack(_service.Logger);
            }

            _wasMissed = false;
            return files;
        }
        catch (Exception failure)
        {
            if (!_wasMissed && !_stop.IsCancellationRequested)
            {
                LogMissed(_service.Logger, failure.Message);
            }

            _wasMissed = true;
            return [];
        }
    }

    private async Task WorkAsync(ImportFile file)
    {
        await Task.Yield();
        try
        {
            if (await _importer.RunAsync(file.Space, file.Name, _stop.Token) != ImportResult.Later)
            {
                Remember(_settled, file);
            }
        }
        catch (Exception failure)
        {
            if (!_stop.IsCancellationRequested && Remember(_told, file))
            {
                LogLater(_service.Logger, file.Space, file.Name, failure.Message);
            }
        }
        finally
        {
            _room.Release();
        }
    }

    private static bool Remember(ConcurrentDictionary<ImportFile, byte> those, ImportFile file)
    {
        if (those.Count >= MaxRemembered)
        {
            those.Clear();
        }

        return those.TryAdd(file, 0);
    }

    [LoggerMessage(60, LogLevel.Error, "files that wait to be imported cannot be listed; asked again every 30 seconds: {Reason}")]
    private static partial void LogMissed(ILogger logger, string reason);

    [LoggerMessage(61, LogLevel.Information, "files that wait to be imported can be listed again")]
    private static partial void LogBack(ILogger logger);

    [LoggerMessage(62, LogLevel.Warning, "space {Space}: the file '{File}' could not be imported; tried again every 30 seconds: {Reason}")]
    private static partial void LogLater(ILogger logger, SpaceName space, string file, string reason);
}
