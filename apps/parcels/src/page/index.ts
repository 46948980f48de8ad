import "@fontsource-variable/geist/wght.css";
import "@eventwire/styles/styles.css";
import "./styles/person.css";
