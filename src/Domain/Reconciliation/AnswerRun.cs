using Cairn.Model;

namespace Cairn.Reconciliation;

/// <summary>
/// The answers of one group on their way to those who wait for them. Pool threads take them one after the other and go on with whoever waited; each that comes calls
/// another one while answers are left, so that none is held up by what the waiter of another does.
/// </summary>
/// <param name="begun">Called once, when the last answer is about to go out.</param>
internal sealed class AnswerRun(Action begun) : IThreadPoolWorkItem
{
    private readonly List<(PendingWrite Write, CommitOutcome? Outcome)> _answers = [];
    private int _taken;

    /// <summary>Adds an answer, before the run starts.</summary>
    public void Add(PendingWrite write, CommitOutcome? outcome) => _answers.Add((write, outcome));

    /// <summary>Starts the run; nothing may be added any more.</summary>
    public void Start() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);

    void IThreadPoolWorkItem.Execute()
    {
        if (Volatile.Read(ref _taken) < _answers.Count - 1)
        {
            Start();
        }

        while (Interlocked.Increment(ref _taken) is var number && number <= _answers.Count)
        {
            if (number == _answers.Count)
            {
                begun();
            }

            var (write, outcome) = _answers[number - 1];
            write.SetOutcome(outcome);
        }
    }
}
