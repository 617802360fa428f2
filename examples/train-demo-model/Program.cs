using ZImage.Tests.Demo;
using ZImage.TrainDemoModel;
using static TorchSharp.torch;

const string usage = """
    train-demo-model COMMAND [--state=FOLDER] [--threads=N] ...

    In this order, each resumable and seeded:
      draw                    shows the training pictures, and what the projection to latents keeps of them
      train --steps=N         trains the transformer with the text encoder      (--minutes=N, --float32, --drawings=N, --few)
      decoder --steps=N       trains the decoder of the autoencoder             (--float32)
      encoder --steps=N       trains its encoder                                (--float32)
      judge [--steps=N]       trains the judge                                  (--judge=FILE)
      sample                  draws with the run as it is, decoded by the projection alone, and judges
      export                  writes the three model files                      (--model=FOLDER)
      evaluate                draws with the stored files and judges            (--model=FOLDER --judge=FILE --steps=N)
      cases                   writes prompts and reference numbers for the tests (--model=FOLDER --golden=FOLDER)
      report                  draws the loss curve and the contact sheet        (--model=FOLDER)
    """;

var options = args.Skip(1).Where(a => a.StartsWith("--", StringComparison.Ordinal)).Select(a => a[2..].Split('=', 2))
    .ToDictionary(a => a[0], a => a.Length > 1 ? a[1] : "");
var state = Path.GetFullPath(options.GetValueOrDefault("state", "train-state"));
var model = Path.GetFullPath(options.GetValueOrDefault("model", "../../Module/demo-model"));
var golden = Path.GetFullPath(options.GetValueOrDefault("golden", "../../tests/golden"));
var judgePath = options.GetValueOrDefault("judge", Path.Combine(golden, "demo-judge.gguf"));
var vocabulary = LearnVocabulary();
set_num_threads(int.Parse(options.GetValueOrDefault("threads", "1")));
random.manual_seed(1);

switch (args.FirstOrDefault())
{
    case "draw":
        Draw();
        break;
    case "train":
        var set = new TrainingSet(LoadLatents(), vocabulary, Option("drawings", 20), Only());
        new Training(state).Run(vocabulary, set, Option("steps", 10000), 60.0 * Option("minutes", 100000), !options.ContainsKey("float32"));
        break;
    case "decoder" or "encoder":
        new AutoencoderTraining(state, LoadLatents()).Run(args[0], Option("steps", 6000), !options.ContainsKey("float32"));
        break;
    case "judge":
        new JudgeTraining(LoadLatents()).Run(judgePath, Option("steps", 1500));
        break;
    case "sample":
        Sample();
        break;
    case "export":
        WriteModel();
        break;
    case "evaluate":
        Evaluate();
        break;
    case "cases":
        WriteCases();
        break;
    case "report":
        Report.Write(state, model, StoredEvaluation());
        break;
    default:
        Console.WriteLine(usage);
        return 1;
}

return 0;

int Option(string name, int otherwise) => options.TryGetValue(name, out var value) ? int.Parse(value) : otherwise;

// Four combinations learnt by heart show within minutes that the loop works.
List<Scene>? Only() => options.ContainsKey("few")
    ? [new("cat", "red", "blue"), new("fish", "yellow", "black"), new("house", "green", "white"), new("star", "purple", "pink")]
    : null;

IEnumerable<Scene> Seen() => Prompts.Combinations().Where(c => !c.HeldOut).Select(c => c.Scene);

Vocabulary LearnVocabulary() => Vocabulary.Learn(
    Seen().SelectMany(s => Enumerable.Range(0, Prompts.VariantCount).Select(v => $"user\n{Prompts.Variant(s, v)}\nassistant\n")), 160);

Latents LoadLatents()
{
    Directory.CreateDirectory(state);
    var path = Path.Combine(state, "latents.gguf");
    if (!File.Exists(path))
    {
        var random = new Random(3);
        Latents.Learn(Seen().Select(s => Drawings.Draw(s, random))).Save(path);
    }

    return Latents.Load(path);
}

void Draw()
{
    var latents = LoadLatents();
    var random = new Random(5);
    var shown = Prompts.Combinations().Where((_, i) => i % 11 == 0).Select(c => Drawings.Draw(c.Scene, random)).ToList();
    Pictures.WriteSheet(Path.Combine(state, "drawings.png"), shown, Drawings.Size, 10);
    var projected = Latents.Bytes(latents.Restore(latents.Project(Latents.Pixels(shown))));
    Pictures.WriteSheet(Path.Combine(state, "projected.png"), projected, Drawings.Size, 10);
}

void Sample()
{
    var latents = LoadLatents();
    var (transformer, text) = Training.LoadAverage(state, vocabulary);
    var evaluation = new Evaluation(DemoJudge.Load(judgePath), transformer, text, vocabulary, latents.Restore);
    var pictures = evaluation.Judge("fixed list, projection", Evaluation.FixedQuestions(), 8);
    Pictures.WriteSheet(Path.Combine(state, "samples.png"), pictures, Drawings.Size, 8);
}

void WriteModel()
{
    Directory.CreateDirectory(model);
    var (transformer, text) = Training.LoadAverage(state, vocabulary);
    Export.WriteTransformer(model, transformer);
    Export.WriteText(model, text, vocabulary);
    var decoder = Autoencoder.CreateDecoder(new Generator(2));
    var encoder = Autoencoder.CreateEncoder(new Generator(3));
    foreach (var (part, weights) in new[] { ("decoder", decoder), ("encoder", encoder) })
    {
        var path = AutoencoderTraining.CheckpointPath(state, part);
        if (File.Exists(path))
        {
            Checkpoint.LoadAverage(path, "", weights);
        }
        else
        {
            Console.WriteLine($"the {part} is not trained yet");
        }
    }

    Export.WriteAutoencoder(model, decoder, encoder);
    foreach (var file in new DirectoryInfo(model).GetFiles("*.gguf"))
    {
        Console.WriteLine($"{file.Name} {file.Length} bytes");
    }
}

(Weights Transformer, Weights Text, Weights Decoder) Stored()
{
    var (transformer, text) = Training.Create(vocabulary);
    var decoder = Autoencoder.CreateDecoder(new Generator(2));
    Export.Read(Path.Combine(model, Export.TransformerFile), transformer);
    Export.Read(Path.Combine(model, Export.TextFile), text);
    Export.Read(Path.Combine(model, Export.AutoencoderFile), decoder);
    return (transformer, text, decoder);
}

Evaluation StoredEvaluation()
{
    var (transformer, text, decoder) = Stored();
    return new Evaluation(DemoJudge.Load(judgePath), transformer, text, vocabulary, x => Autoencoder.Decode(decoder, x));
}

void Evaluate()
{
    var evaluation = StoredEvaluation();
    var steps = Option("steps", 8);
    evaluation.Judge("fixed list", Evaluation.FixedQuestions(), steps);
    evaluation.Judge("held-out combinations", Evaluation.HeldOutQuestions(), steps);
    evaluation.Judge("combinations seen in training", Evaluation.SeenQuestions(), steps);
    evaluation.Judge("subject alone", Evaluation.OpenQuestions(), steps);
}

void WriteCases()
{
    var (transformer, text, decoder) = Stored();
    Cases.Write(Path.Combine(golden, "demo-cases.gguf"), transformer, text, decoder, vocabulary);
    Evaluation.Write(Path.Combine(golden, "demo-prompts.json"), Evaluation.FixedQuestions());
}
